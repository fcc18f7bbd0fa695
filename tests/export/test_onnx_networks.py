"""Networks as ONNX files: onnxruntime gives the scores that the reference kernels give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dltool.errors import InputError, RunError
from dltool.export.emitters import _functions
from dltool.export.expected import expected_outputs
from dltool.export.onnx.file import Built, build, export_onnx, run
from dltool.export.onnx.ops import activation
from dltool.export.opening import Trained
from tests.contract.networks import ROWS, Row
from tests.export.trained import of_config, of_row

ROOT = Path(__file__).parents[2]
#: configs whose data is synthetic or part of the repository
CONFIGS = [
    *(path for path in sorted((ROOT / "configs" / "bench").glob("*.yaml")) if path.stem != "gpt_medium"),
    pytest.param(ROOT / "configs" / "bench" / "gpt_medium.yaml", marks=pytest.mark.slow),
    *sorted((ROOT / "configs" / "seeds").glob("*.yaml")),
    *(ROOT / "configs" / f"{name}.yaml" for name in ("digits", "digits_transfer")),
]


def agree(trained: Trained, built: Built) -> None:
    """Every output that is a number agrees to 1e-5 of the largest."""
    example = built.inputs.example(np.random.default_rng(7))
    expected = expected_outputs(trained, example.samples)
    given = run(built.proto.SerializeToString(), example)
    assert expected
    for name, numbers in expected.items():
        np.testing.assert_allclose(given[name], numbers, rtol=0, atol=1e-5 * np.abs(numbers).max(), err_msg=name)
    if "prediction" in given and trained.signature.classes:
        best = np.array(trained.signature.classes, object)[given["probabilities"].argmax(axis=1)]
        assert given["prediction"].tolist() == best.tolist()


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_network_of_the_table(row: Row):
    trained = of_row(row)
    agree(trained, build(trained, "network", preprocessing=False))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_config_with_data_at_hand(path: Path):
    trained = of_config(path, [ROOT])
    agree(trained, build(trained, path.stem, preprocessing=True))


def test_the_batch_axis_is_free_and_names_mean_something():
    row = next(row for row in ROWS if row.name == "stateful lstm")
    graph = build(of_row(row), "network", preprocessing=False).proto.graph
    assert [each.name for each in graph.input] == [
        "tokens",
        *(f"lstm_1.layer_{n}.{memory}.memory" for n in (1, 2) for memory in ("hidden", "cell")),
    ]
    assert {each.name for each in graph.output} > {"probabilities", "lstm_1.layer_2.cell.memory.next"}
    for each in (*graph.input, *graph.output):
        assert each.type.tensor_type.shape.dim[0].dim_param == "N"


def test_what_a_network_remembers_goes_from_batch_to_batch():
    row = next(row for row in ROWS if row.name == "stateful gru")
    trained = of_row(row)
    built = build(trained, "network", preprocessing=False)
    example = built.inputs.example(np.random.default_rng(7))
    content = built.proto.SerializeToString()
    first = run(content, example)
    memories = {name.removesuffix(".next"): array for name, array in first.items() if name.endswith(".next")}
    again = run(content, type(example)({**example.given, **memories}, example.samples))
    assert np.abs(again["probabilities"] - first["probabilities"]).max() > 1e-4


def test_a_file_that_disagrees_is_not_made(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(activation.relu, "__code__", activation.sigmoid.__code__)
    row = next(row for row in ROWS if row.name == "dense with relu")
    with pytest.raises(RunError, match="the ONNX file was not kept: its output 'probabilities' differs by"):
        export_onnx(of_row(row), "network", preprocessing=False)


def test_an_op_that_cannot_be_said_is_named_with_its_layer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr("dltool.export.onnx.ops.matmul.matmul")
    monkeypatch.setattr("dltool.export.emitters._functions", _functions.__wrapped__)
    with pytest.raises(InputError, match=r"^layer dense_1: the op 'matmul' cannot be written in ONNX$"):
        export_onnx(of_row(next(row for row in ROWS if row.name == "wide")), "network", preprocessing=False)
