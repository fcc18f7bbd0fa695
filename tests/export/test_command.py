"""`dltool export` as a user meets it: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import yaml
from safetensors import safe_open

from dltool.cli.main import main
from tests.training.tables import samples, table

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        table("data.csv", samples(seed=1))
        source = {"path": "data.csv", "target": "kind", "exclude": ["id", "win", "price", "weight", "soft", "hard"]}
        config = {
            "data": {"table": source, "split": {"validation": 0.2}},
            "model": [{"dense": {"units": 8, "activation": "relu"}}, "batch_norm", {"dense": "classes"}],
            "loss": "cross_entropy",
            "optimizer": "adam",
            "train": {"epochs": 3, "ema_decay": 0.9, "seed": 1},
        }
        Path("c.yaml").write_text(yaml.safe_dump(config))
        assert main(["train", "c.yaml", "--quiet"]) == 0
    return folder / "runs" / "c"


def test_an_onnx_file_predicts_what_dltool_predicts(run: Path, capsys: Output):
    assert main(["export", str(run), "-o", "net.onnx"]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0].startswith("net.onnx  ")
    assert "of 16 samples differ from dltool's by at most" in lines[0]
    assert [" ".join(line.split()) for line in lines[1:]] == [
        "inputs",
        "a float64 [N] number, NaN for none",
        "b float64 [N] number, NaN for none",
        "colour string [N] word, '' for none",
        "outputs",
        "prediction string [N]",
        "probabilities float32 [N, 3]",
    ]
    assert said.err == "note: colour: blanks around a word are not removed\n"
    assert main(["predict", str(run), str(run.parents[1] / "data.csv"), "-o", "predicted.csv"]) == 0
    columns = samples(seed=1)
    given = {"a": columns["a"], "b": columns["b"], "colour": np.array(columns["colour"], object)}
    classes, probabilities = onnxruntime.InferenceSession("net.onnx").run(None, given)
    with Path("predicted.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    assert classes.tolist() == [row[0] for row in rows]
    np.testing.assert_allclose(probabilities, np.array([row[1:] for row in rows], float), atol=1e-5)


def test_without_preprocessing_the_inputs_are_prepared_samples(run: Path, capsys: Output):
    assert main(["export", str(run), "-o", "net.onnx", "--no-preprocessing"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[2:4] == [
        "codes int32 [N, 1] as dltool prepares them",
        "features float32 [N, 2] as dltool prepares them",
    ]


def test_a_c_file_is_compiled_before_it_is_kept(run: Path, capsys: Output):
    assert main(["export", str(run), "-o", "net.c"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("net.c  ")
    assert " of constants, " in lines[0]
    assert "void predict(const float *in, float *out)" in Path("net.c").read_text()


@pytest.mark.parametrize(("layout", "kernel"), [("torch", "dense_1.weight"), ("keras", "dense_1/kernel")])
def test_tensors_come_with_a_program_that_loads_them(run: Path, layout: str, kernel: str, capsys: Output):
    assert main(["export", str(run), "-o", "net.safetensors", "--layout", layout]) == 0
    head, _, program = capsys.readouterr().out.partition("\n\n")
    assert head.startswith("net.safetensors  ")
    compile(program, "program", "exec")
    assert 'load_file("net.safetensors")' in program
    with safe_open("net.safetensors", framework="numpy") as file:
        exported = file.get_tensor(kernel)
    with safe_open(run / "checkpoints" / "best.safetensors", framework="numpy") as file:
        trained = file.get_tensor("dense_1.weight.average")
    np.testing.assert_array_equal(exported.T if layout == "torch" else exported, trained)


def test_a_format_stands_above_the_ending(run: Path, capsys: Output):
    assert main(["export", str(run), "-o", "net.txt", "--format", "c"]) == 0
    assert "void predict(const float *in, float *out)" in Path("net.txt").read_text()
    assert main(["export", str(run), "-o", "net.c", "--format", "safetensors"]) == 2
    assert "say which framework the tensors are for" in capsys.readouterr().err


def test_a_checkpoint_is_not_overwritten(run: Path, capsys: Output):
    path = run / "checkpoints" / "best.safetensors"
    assert main(["export", str(run), "-o", str(path), "--layout", "keras"]) == 2
    assert capsys.readouterr().err == f"error: {path}: is the checkpoint; choose another file\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["-o", "net.onx"], "net.onx: the ending of the file, or --format, says what to write; did you mean '.onnx'?"),
        (
            ["-o", "net"],
            "net: the ending of the file, or --format, says what to write; allowed: .c, .onnx, .safetensors",
        ),
        (["-o", "there/net.onnx"], "there: there is no such folder; make it first"),
        (
            ["-o", "net.safetensors"],
            "net.safetensors: say which framework the tensors are for: --layout torch or --layout keras",
        ),
        (
            ["-o", "net.c", "--layout", "torch"],
            "net.c: --layout torch belongs to a .safetensors file; leave it out, or name such a file",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_in_one_line(run: Path, arguments: list[str], line: str, capsys: Output):
    assert main(["export", str(run), *arguments]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"error: {line}")
    assert not list(Path().iterdir())


def test_a_missing_library_is_named(run: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    assert main(["export", str(run), "-o", "net.onnx"]) == 2
    assert capsys.readouterr().err == (
        "error: an ONNX file needs the library onnxruntime: pip install 'dltool[onnx]'\n"
    )


def test_a_failure_keeps_the_file_that_was_there(run: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output):
    Path("net.onnx").write_text("precious")
    monkeypatch.setattr("dltool.export.expected.TOLERANCE", -1.0)
    assert main(["export", str(run), "-o", "net.onnx"]) == 1
    assert "the ONNX file was not kept" in capsys.readouterr().err
    assert Path("net.onnx").read_text() == "precious"
    assert [path.name for path in Path().iterdir()] == ["net.onnx"]
