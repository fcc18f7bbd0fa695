"""Networks as C files: compiled without a warning, they give what the reference kernels give."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.data.samples.samples import Samples
from dltool.errors import InputError
from dltool.export.c.file import FLAGS, Written, compiled, write
from dltool.export.emitters import _functions
from dltool.export.expected import expected_outputs
from dltool.export.opening import Trained
from dltool.losses.output_activations import activate
from dltool.ops.op import StepRecord
from dltool.program.initial import initial_values
from dltool.runtime.interpreter import run_graph
from tests.contract.networks import Row, code_rows, layer_rows
from tests.export.test_onnx_inputs import CASES, _files  # noqa: F401  (the files of the cases)
from tests.export.test_onnx_networks import ROOT
from tests.export.trained import of_config, of_row, of_written

NETWORKS = [*layer_rows(), *code_rows()]
COMPILER = shutil.which("cc") or shutil.which("gcc") or ""
pytestmark = pytest.mark.skipif(not COMPILER, reason="needs a C compiler")


def agree(trained: Trained, written: Written) -> None:
    """The prediction agrees to 1e-5 of its largest number."""
    given, samples = written.inputs.example(np.random.default_rng(7))
    expected = expected_outputs(trained, samples)[written.outputs.name]
    made = compiled(written, given, COMPILER)
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("row", NETWORKS, ids=str)
def test_every_network_of_the_table(row: Row):
    trained = of_row(row)
    agree(trained, write(trained, "network", preprocessing=False))


@pytest.mark.parametrize("case", [case for case in CASES if "each with a scale" not in case])
@pytest.mark.parametrize("preprocessing", [True, False])
def test_inputs_and_outputs(case: str, preprocessing: bool):
    trained = of_written(CASES[case][0])
    agree(trained, write(trained, "network", preprocessing=preprocessing))


@pytest.mark.parametrize("name", ["digits", "bench/lenet5", "bench/resnet20", "bench/gru"])
def test_configs(name: str):
    trained = of_config(ROOT / "configs" / f"{name}.yaml", [ROOT])
    agree(trained, write(trained, "network", preprocessing=True))


def table() -> dict[str, Any]:
    """A table with a column of every kind."""
    random = np.random.default_rng(2)
    lines = ["skewed,year,late,yes,color,note,label"]
    for n in range(60):
        amount = "" if n % 9 == 4 else f"{0.24 if n % 3 else random.exponential(50):.3f}"
        color = ["red", "*/ green", 'b"lue?', ""][n % 4]
        lines.append(
            f'{amount},{1990 + n % 30},2020-0{n % 9 + 1}-11,{n % 2 == 0},"{color}",some words {n},{"xy"[n % 2]}'
        )
    Path("kinds.csv").write_text("\n".join(lines).replace('b"lue', 'b""lue') + "\n")
    features = {"skewed": {"numeric": {"quantiles": True}}, "note": {"text": {"width": 3}}}
    return {"table": {"path": "kinds.csv", "target": "label"}, "features": features}


def test_columns_of_every_kind_are_described_and_prepared():
    trained = of_written({"data": table(), "model": [{"dense": {"units": 9, "activation": "relu"}}, {"dense": 2}]})
    written = write(trained, "kinds", preprocessing=True)
    agree(trained, written)
    head = written.text.partition(" */\n")[0].splitlines()
    start = head.index(f" * in[{written.inputs.size}]")
    assert head[start + 1 : start + 4] == [
        " *   0: skewed, number, NAN for none",
        " *   1: year, number, NAN for none",
        " *   2: late time, prepared",
    ]
    assert any(line.endswith('color, code: 0 (rare), 1 (missing), 2 b"lue?, 3 * / green, 4 red') for line in head)
    assert "\n".join(head).count(" * out[2]: probabilities\n *   0: x\n *   1: y\n") == 1
    assert 'const char *const predict_names[2] = {"x", "y"};' in written.text


def test_names_may_hold_anything():
    trained = of_written(CASES["classes"][0])
    names = ('"', "\\", "é\n??/")
    signature = type(trained.signature)(**{**vars(trained.signature), "classes": names})
    strange = Trained(trained.experiment, trained.preprocessing, signature, trained.arrays)
    agree(strange, write(strange, "a */ b", preprocessing=True))


def test_a_program_of_its_own_can_use_the_file(tmp_path: Path):
    trained = of_written(CASES["classes"][0])
    (tmp_path / "net.c").write_text(write(trained, "net", preprocessing=True).text)
    (tmp_path / "main.c").write_text(
        "#include <stdio.h>\n"
        "void predict(const float *in, float *out);\n"
        "extern const char *const predict_names[];\n"
        "int main(void)\n{\n"
        "    const float in[3] = {0.5f, -1.0f, 2.0f};\n"
        "    float out[3];\n"
        "    predict(in, out);\n"
        '    printf("%s %.0f\\n", predict_names[0], 1000.0f * (out[0] + out[1] + out[2]));\n'
        "    return 0;\n}\n"
    )
    command = [COMPILER, "-std=c99", "-Wall", "-Wextra", "-Werror", "net.c", "main.c", "-lm", "-o", "main"]
    subprocess.run(command, cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True, check=True)
    assert done.stdout == "bad 1000\n"


@pytest.mark.parametrize("row", [row for row in NETWORKS if "stateful" in row.name], ids=str)
def test_a_stateful_network_goes_on_until_it_is_reset(row: Row, tmp_path: Path):
    trained = of_row(row)
    written = write(trained, "network", preprocessing=False)
    given, samples = written.inputs.example(np.random.default_rng(7))
    (tmp_path / "net.c").write_text(written.text)
    subprocess.run([COMPILER, *FLAGS, "-shared", "-fPIC", "net.c", "-lm", "-o", "net.so"], cwd=tmp_path, check=True)
    library = ctypes.CDLL(str(tmp_path / "net.so"))

    def predicted(place: int) -> np.ndarray:
        block, out = np.ascontiguousarray(given[place], np.float32), np.empty(written.outputs.shape, np.float32)
        library.predict(block.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p))
        return out

    made = [predicted(place) for place in range(3)]
    library.predict_reset()
    np.testing.assert_array_equal(predicted(0), made[0])
    expected = _one_after_the_other(trained, samples.rows(0, 3))
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-5)
    assert np.abs(expected[1] - expected_outputs(trained, samples.rows(1, 2))[written.outputs.name][0]).max() > 1e-4


def _one_after_the_other(trained: Trained, samples: Samples) -> np.ndarray:
    """Probabilities by the reference kernels, which carry what they remember from sample to sample."""
    graph = trained.network().graph
    state = {**dict(initial_values(graph.values.values(), seed=0)), **trained.arrays}
    memories = [name for name, value in graph.values.items() if value.role == "memory"]
    found = []
    for place in range(len(samples)):
        inputs = trained.network().inputs(samples.rows(place, place + 1))
        values = run_graph(graph, {**inputs, **state}, StepRecord(place, 0, place, 1, 1.0, ()))
        state |= {name: values[name] for name in memories}
        found.append(activate("softmax", values[trained.forward(fold=False).output.name][0]))
    return np.stack(found)


def test_what_c_has_no_function_for_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr("dltool.export.c.ops.matmul.matmul")
    monkeypatch.setattr("dltool.export.emitters._functions", _functions.__wrapped__)
    row = next(row for row in NETWORKS if row.name == "wide")
    with pytest.raises(InputError, match=r"^layer dense_1: the op 'matmul' cannot be written in C$"):
        write(of_row(row), "network", preprocessing=False)


def test_series_with_scales_of_their_own_are_refused():
    with pytest.raises(InputError, match=r"each series has a scale of its own .* export to \.onnx"):
        write(of_written(CASES["windows of series, each with a scale"][0]), "network", preprocessing=True)
