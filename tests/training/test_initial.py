"""Taking over parameters of another training: which are taken, what is told, and every pattern that does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import load_file, save_file

from dltool.cli.main import main
from dltool.config.experiment import Experiment
from dltool.config.transfer import InitFrom
from dltool.data.preprocessing.features import ArrayPreparation
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.targets.target import Target
from dltool.errors import InputError
from dltool.ops.graph import Graph
from dltool.training.initial import Start, starting_from

from .runs import write_config

PARAMETERS = {"dense_1.weight": (3, 2), "dense_1.bias": (2,), "batch_norm_1.gain": (2,), "head.weight": (2, 4)}
STATES = {"batch_norm_1.running_mean": (2,)}
THERE: dict[str, Any] = {name: np.full(shape, 2.0) for name, shape in {**PARAMETERS, **STATES}.items()}
THERE["head.weight"] = np.ones((2, 7))


#: a file that is not dltool's has nothing to compare with
NOTHING = Preprocessing(ArrayPreparation((3,), "float32", None), Target("numbers", ("y",)))


def network() -> Graph:
    graph = Graph(training=True)
    for name, shape in PARAMETERS.items():
        value = graph.parameter(name, shape, lambda shape, generator: np.zeros(shape), decay=False)
        graph.state("m", shape, None, of=value)
    for name, shape in STATES.items():
        graph.state(name, shape, None)
    return graph


def take(folder: Path, arrays: dict[str, np.ndarray] = THERE, **fields: Any) -> Start:
    path = folder / "x.safetensors"
    save_file(arrays, path)
    init_from = InitFrom(checkpoint=str(path), **fields)
    experiment = Experiment.model_construct(init_from=init_from)
    return starting_from(experiment, [], network(), NOTHING)


def taken(start: Start) -> dict[str, np.ndarray]:
    """The arrays that a network starts from, where it started from zeros."""
    shapes = {**PARAMETERS, **STATES}
    return start.over({name: np.zeros(shape) for name, shape in shapes.items()})


def test_everything_that_fits_is_taken(tmp_path: Path):
    start = take(tmp_path, {**THERE, "extra": np.ones(2)})
    arrays = taken(start)
    assert arrays.keys() == {*PARAMETERS, *STATES} - {"head.weight"}
    assert all(array.dtype == np.float32 and np.all(array == 2) for array in arrays.values())
    assert start.notes == [
        f"took 4 of the network's 5 tensors from {tmp_path}/x.safetensors; kept their initial values: head.weight; "
        "not used by the network: extra; 'head.weight' is 2×7 in the checkpoint and 2×4 in the network",
        "the file does not name its columns and classes: everything was matched by name and shape",
    ]


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({"parameters": "dense_1.*"}, {"dense_1.weight", "dense_1.bias"}),
        ({"parameters": ["*1.bias", "*.gain"]}, {"dense_1.bias", "batch_norm_1.gain", "batch_norm_1.running_mean"}),
        ({"parameters": "batch_norm_*"}, {"batch_norm_1.gain", "batch_norm_1.running_mean"}),
        ({"parameters": "d*.w*", "rename": {"dense_1.*": "dense_1.*"}}, {"dense_1.weight"}),
    ],
)
def test_part_of_it_by_patterns(tmp_path: Path, fields: dict[str, Any], taken: set[str]):
    assert take(tmp_path, **fields).taken.keys() == taken


def test_under_other_names(tmp_path: Path):
    old = {name.replace("dense_1", "encoder.fc").replace("batch_norm", "bn"): array for name, array in THERE.items()}
    rename = {"encoder.fc.*": "dense_1.*", "bn_*.*": "batch_norm_*.*"}
    start = take(tmp_path, old, parameters=["encoder.*", "bn_*"], rename=rename)
    assert start.taken.keys() == {*PARAMETERS, *STATES} - {"head.weight"}


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        (
            {"parameters": ["dense_1.bais", "dense_2.*", "conv"]},
            [
                "init_from.parameters: no checkpoint tensor matches 'dense_1.bais'; did you mean 'dense_1.bias'?",
                "init_from.parameters: no checkpoint tensor matches 'dense_2.*'; did you mean 'dense_1.*'?",
                "init_from.parameters: no checkpoint tensor matches 'conv'; allowed: batch_norm_1.*, dense_1.*, head.*",
            ],
        ),
        (
            {"parameters": ["dense_1.*", "head.*"]},
            ["init_from.parameters: 'head.weight' is 2×7 in the checkpoint and 2×4 in the network"],
        ),
        (
            {"parameters": "dense_1.*", "rename": {"dense_1.*": "dense_9.*"}},
            [
                "init_from.parameters: the network has no tensor that 'dense_1.*' matches, such as 'dense_9.bias'; "
                "did you mean 'dense_1.bias'?"
            ],
        ),
    ],
)
def test_what_does_not_fit(tmp_path: Path, fields: dict[str, Any], lines: list[str]):
    with pytest.raises(InputError) as error:
        take(tmp_path, **fields)
    assert str(error.value).splitlines() == lines


def test_renaming_that_does_not_fit(tmp_path: Path):
    with pytest.raises(InputError) as error:
        take(tmp_path, rename={"batch_nrm_1.*": "bn.*", "dense_1.bias": "head.weight"})
    assert str(error.value).splitlines() == [
        "init_from.rename: no checkpoint tensor matches 'batch_nrm_1.*'; did you mean 'batch_norm_1.*'?",
        "init_from.rename: both 'dense_1.bias' and 'head.weight' become 'head.weight'",
    ]


def test_nothing_fits(tmp_path: Path):
    with pytest.raises(InputError) as error:
        take(tmp_path, {"w": np.ones(2), "head.weight": np.ones(3)})
    assert str(error.value) == (
        f"{tmp_path}/x.safetensors: nothing matches by name and shape; 'head.weight' is 3 in the checkpoint and 2×4 "
        "in the network; it has head.weight, w; the network has dense_1.weight, dense_1.bias, batch_norm_1.gain, "
        "head.weight, batch_norm_1.running_mean"
    )


@pytest.fixture
def first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished run, in the working directory."""
    monkeypatch.chdir(tmp_path)
    assert main(["train", str(write_config(tmp_path)), "--run-dir", "first", "--quiet"]) == 0
    return tmp_path / "first"


def train(config: dict[str, Any], *words: str) -> int:
    path = write_config(Path(), config)
    return main(["train", str(path), "--run-dir", "second", *words])


def test_a_run_records_where_it_started_and_goes_on_without_it(first: Path, capsys: pytest.CaptureFixture[str]):
    assert train({"init_from": {"checkpoint": "first", "parameters": "dense_1.*"}, "freeze": "dense_1.*"}) == 0
    told = capsys.readouterr().out
    assert f"took 2 of the network's 4 tensors from {first}/checkpoints/best.safetensors; kept their initial" in told
    assert yaml.safe_load(Path("second/config.yaml").read_text())["init_from"]["checkpoint"] == str(first)
    ours, theirs = (load_file(f"{run}/checkpoints/best.safetensors") for run in ("first", "second"))
    np.testing.assert_array_equal(ours["dense_1.weight"], theirs["dense_1.weight"])
    first.rename(first.with_name("elsewhere"))
    assert main(["resume", "second", "--set", "train.epochs=5"]) == 0
    assert "took" not in capsys.readouterr().out
    np.testing.assert_array_equal(
        load_file("second/checkpoints/last.safetensors")["dense_1.weight"], ours["dense_1.weight"]
    )
    assert main(["eval", "second", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["epoch"] >= 1


def test_the_command_line_goes_before_the_config(first: Path, capsys: pytest.CaptureFixture[str]):
    assert train({"init_from": {"checkpoint": "nowhere", "parameters": "dense_1.*"}}, "--init-from", "first") == 0
    assert "took 2 of the network's 4 tensors" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("init_from", "words", "line"),
    [
        ({"checkpoint": "frist"}, [], "small.yaml:10:3: init_from.checkpoint: no file 'frist'; did you mean 'first'?"),
        (
            {"checkpoint": "first", "parameters": "conv*"},
            [],
            "small.yaml:11:3: init_from.parameters: no checkpoint tensor",
        ),
        ({"checkpoint": "small.yaml"}, [], "small.yaml: not a safetensors file ("),
        (None, ["--init-from", "frist"], "--init-from: no file 'frist'; did you mean 'first'?"),
        ({"checkpoint": "first", "rename": {"a*": "b"}}, [], "small.yaml:10:3: init_from: 'a*' and 'b' must have"),
    ],
)
def test_mistakes_have_a_line(
    first: Path, capsys: pytest.CaptureFixture[str], init_from: dict[str, Any] | None, words: list[str], line: str
):
    capsys.readouterr()
    assert train({"init_from": init_from} if init_from else {}, *words) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.replace(f"{first.parent}/", "").startswith(f"error: {line}")
    assert not Path("second").exists()
