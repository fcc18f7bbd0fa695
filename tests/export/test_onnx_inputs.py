"""Whole models with preprocessing: inputs of every kind of data, outputs of every task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.export.onnx.file import build
from tests.export.test_onnx_networks import agree
from tests.export.trained import of_written
from tests.training.tables import samples, table

DENSE = ["flatten", {"dense": {"units": 8, "activation": "relu"}}]
NUMBERS = [*DENSE, {"dense": "targets"}]
CLASSES = [*DENSE, {"dense": "classes"}]


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table("data.csv", samples(seed=1))
    random = np.random.default_rng(1)
    np.savez("bytes.npz", x=random.integers(0, 255, (40, 6, 5, 3)).astype(np.uint8), y=np.arange(40) % 3)
    np.savez("floats.npz", x=1e6 + random.normal(size=(40, 7)), y=np.arange(40) % 3)
    days = np.arange("2024-01-01", "2024-02-20", dtype="datetime64[D]").astype(str)
    lines = [f"{day},{shop},{size * (n % 7 + 1)}" for shop, size in (("a", 1), ("b", 90)) for n, day in enumerate(days)]
    Path("shops.csv").write_text("\n".join(["day,shop,sales", *lines]) + "\n")
    cells = [",".join([*map(str, random.normal(size=len(TAKEN)).round(3)), "uv"[n % 2]]) for n in range(40)]
    Path("taken.csv").write_text("\n".join([",".join([*TAKEN, "y"]), *cells]) + "\n")
    series = [f"{','.join(map(str, random.normal(size=5 + n % 3).round(3)))}:{'xy'[n % 2]}" for n in range(12)]
    head = ["@problemName p", "@timeStamps false", "@univariate true", "@equalLength false", "@classLabel true x y"]
    Path("series.ts").write_text("\n".join([*head, "@data", *series]) + "\n")


def of_table(target: Any, **fields: Any) -> dict[str, Any]:
    targets = ["kind", "win", "price", "weight", "soft", "hard"]
    others = ["id", *(one for one in targets if one not in (target if isinstance(target, list) else [target]))]
    return {"data": {"table": {"path": "data.csv", "target": target, "exclude": others, **fields}}}


WINDOWS = {"path": "shops.csv", "target": "sales", "group": "shop", "time": "day", "length": 14, "horizon": 3}
BINARY = {"loss": "binary_cross_entropy"}

#: names that outputs and parameters have
TAKEN = ["prediction", "prediction_column", "probabilities", "dense_1.weight", "classes", "Concat"]

CASES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "classes": (
        of_table("kind") | {"model": CLASSES},
        ["a float64 N", "b float64 N", "colour string N"],
        ["prediction string N", "probabilities float32 N 3"],
    ),
    "names that are taken": (
        {"data": {"table": {"path": "taken.csv", "target": "y"}}, "model": CLASSES},
        sorted(
            f"{name} float64 N" for name in ("prediction_column_column", TAKEN[1], "probabilities_column", *TAKEN[3:])
        ),
        ["prediction string N", "probabilities float32 N 2"],
    ),
    "two classes": (
        of_table("win") | {"model": [*DENSE, {"dense": 1}], **BINARY},
        ["a float64 N", "b float64 N", "colour string N"],
        ["prediction string N", "probabilities float32 N 2"],
    ),
    "labels": (
        of_table(["soft", "hard"]) | {"model": NUMBERS, **BINARY},
        ["a float64 N", "b float64 N", "colour string N"],
        ["prediction int64 N 2", "probabilities float32 N 2"],
    ),
    "numbers": (
        of_table(["price", "weight"]) | {"model": NUMBERS, "loss": "mse"},
        ["a float64 N", "b float64 N", "colour string N"],
        ["prediction float64 N 2"],
    ),
    "quantiles": (
        of_table(["price", "weight"]) | {"model": NUMBERS, "loss": {"quantile": [0.1, 0.5, 0.9]}},
        ["a float64 N", "b float64 N", "colour string N"],
        ["prediction float64 N 2 3"],
    ),
    "reconstructions": (
        of_table("inputs") | {"model": NUMBERS, "loss": "mse"},
        ["a float64 N", "b float64 N", "colour string N"],
        ["reconstruction float32 N 6", "reconstruction_error float32 N"],
    ),
    "reconstructed images": (
        {"data": {"npz": {"path": "bytes.npz", "targets": "inputs"}}, "model": NUMBERS, "loss": "mse"},
        ["image uint8 N 6 5 3"],
        ["reconstruction float32 N 90", "reconstruction_error float32 N"],
    ),
    "images": (
        {"data": {"npz": "bytes.npz", "scaling": "standard"}, "model": [{"conv2d": 4}, *CLASSES]},
        ["image uint8 N 6 5 3"],
        ["prediction string N", "probabilities float32 N 3"],
    ),
    "flattened bytes": (
        {"data": {"npz": "bytes.npz"}, "model": CLASSES},
        ["image uint8 N 6 5 3"],
        ["prediction string N", "probabilities float32 N 3"],
    ),
    "large floats": (
        {"data": {"npz": "floats.npz", "scaling": "standard"}, "model": CLASSES},
        ["features float64 N 7"],
        ["prediction string N", "probabilities float32 N 3"],
    ),
    "series of unequal length": (
        {"data": {"series": "series.ts", "scaling": "standard"}, "model": [{"gru": 4}, {"dense": "classes"}]},
        ["series float64 N 7 1"],
        ["prediction string N", "probabilities float32 N 2"],
    ),
    "windows": (
        {"data": {"windows": WINDOWS, "scaling": "standard"}, "model": NUMBERS, "loss": "mse"},
        ["window float64 N 14 1"],
        ["prediction float64 N 1"],
    ),
    "windows of series, each with a scale": (
        {"data": {"windows": {**WINDOWS, "steps": True}, "scaling": "per_series"}, "model": NUMBERS, "loss": "mse"},
        ["series_name string N", "window float64 N 14 1"],
        ["prediction float64 N 3"],
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("preprocessing", [True, False])
def test_inputs_and_outputs(case: str, preprocessing: bool):
    config, inputs, outputs = CASES[case]
    trained = of_written(config)
    built = build(trained, "network", preprocessing=preprocessing)
    agree(trained, built)
    if preprocessing:
        assert sorted(map(described, built.proto.graph.input)) == inputs
    assert list(map(described, built.proto.graph.output)) == outputs


def described(info: Any) -> str:
    """Name, type and sizes."""
    names = {1: "float32", 2: "uint8", 6: "int32", 7: "int64", 8: "string", 11: "float64"}
    tensor = info.type.tensor_type
    sizes = [axis.dim_param or str(axis.dim_value) for axis in tensor.shape.dim]
    return " ".join([info.name, names[tensor.elem_type], *sizes])
