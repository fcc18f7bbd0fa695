"""A window is normalized by itself, and forecasts come back in the units of the data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.errors import InputError
from dltool.training.job import Job
from tests.training.runs import open_run

ROWS = 40
NUMBERS = np.random.default_rng(0).normal(size=(ROWS, 3)) * [1, 30, 500] + [10, -2, 1e4]
DEFAULTS: dict[str, Any] = {"path": "series.csv", "target": "a", "length": 5, "horizon": 2, "time": "day"}


@pytest.fixture(autouse=True)
def _series(tmp_path: Path) -> None:
    days = np.arange("2024-01-01", "2024-02-10", dtype="datetime64[D]").astype(str)
    lines = [f"{day},s,{','.join(map(str, row))}" for day, row in zip(days, NUMBERS.tolist(), strict=True)]
    (tmp_path / "series.csv").write_text("\n".join(["day,shop,a,b,c", *lines]) + "\n")


def opened(folder: Path, norm: dict[str, Any], data: dict[str, Any] | None = None, **source: Any) -> Job:
    """A job whose windows are all in the training part."""
    blocks = {"windows": {**DEFAULTS, **source}, "split": {"validation": 0}, "scaling": "standard", **(data or {})}
    job, _ = open_run(
        folder,
        {
            "data": blocks,
            "model": [{"reversible_norm": norm}],
            "loss": "mse",
            "metrics": ["mae"],
            "train": {"epochs": 1},
        },
    )
    return job


def constant(number: float) -> list[Any]:
    """Layers that give a number, whatever they get."""
    dense = {"units": "targets", "initializer": "zeros", "bias_initializer": {"constant": number}}
    return ["flatten", {"dense": dense}]


@pytest.mark.parametrize("deviation", [True, False])
@pytest.mark.parametrize("center", ["mean", "last"])
@pytest.mark.parametrize(
    ("source", "data"),
    [
        ({}, {}),
        ({"target": ["c", "a"], "columns": ["a", "b", "c"], "steps": True}, {}),
        ({"target": ["b", "c"], "columns": ["a", "b", "c"], "known_ahead": ["a"], "calendar": ["weekday"]}, {}),
        ({"target": ["a", "b"], "steps": True}, {"scaling": "none"}),
        ({"target": ["a", "b"], "steps": True}, {"target_scaling": "none"}),
        ({"target": ["a", "b"], "group": "shop"}, {"scaling": "per_series"}),
    ],
    ids=["one", "out of order", "known ahead", "only targets scaled", "only windows scaled", "per series"],
)
def test_layers_that_give_zero_predict_the_center(
    source: dict[str, Any], data: dict[str, Any], center: str, deviation: bool, tmp_path: Path
):
    job = opened(tmp_path, {"center": center, "deviation": deviation, "layers": constant(0)}, data, **source)
    part, signature = job.dataset.parts["train"], job.dataset.signature
    found = signature.own_units(job.engine.evaluate("train").outputs, part.targets)
    names = source.get("target", "a")
    targets = NUMBERS[:, ["abc".index(name) for name in names]]
    windows = np.stack([targets[start : start + 5] for start in range(len(part))])
    expected = windows[:, -1] if center == "last" else windows.mean(axis=1)
    np.testing.assert_allclose(found, np.tile(expected, found.shape[1] // len(names)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("number", [1.0, -2.0])
def test_deviations_are_those_of_the_window(number: float, tmp_path: Path):
    job = opened(tmp_path, {"layers": constant(number)}, target=["a", "c"])
    part = job.dataset.parts["train"]
    found = job.dataset.signature.own_units(job.engine.evaluate("train").outputs, part.targets)
    windows = np.stack([NUMBERS[start : start + 5, ::2] for start in range(len(part))])
    np.testing.assert_allclose(found, windows.mean(axis=1) + number * windows.std(axis=1), rtol=1e-4)


@pytest.mark.parametrize("center", ["mean", "last"])
def test_a_forecast_follows_the_level_and_the_spread_of_its_window(center: str, tmp_path: Path):
    layers = ["flatten", {"dense": {"units": 8, "activation": "tanh"}}, {"dense": "targets"}]
    job = opened(tmp_path, {"center": center, "layers": layers}, target=["a", "b"], steps=True)
    part = job.dataset.parts["train"]
    before = job.engine.evaluate("train").outputs
    moved = type(part)(part.features * np.float32(3) + np.float32(7), part.targets, part.codes)
    job.engine.attach("train", moved)
    np.testing.assert_allclose(job.engine.evaluate("train").outputs, 3 * before + 7, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"columns": ["b", "c"]},
            "a window does not show what is to be predicted: a; add it to `columns` of `windows`",
        ),
        (
            {"target": ["a", "b"], "layers": ["flatten", {"dense": 5}]},
            "the layers give 5 numbers; let the last layer give",
        ),
        (
            {"group": "shop", "data": {"scaling": "per_series", "target_scaling": "none"}},
            "series by series, windows and targets are scaled differently; leave `target_scaling` out",
        ),
    ],
)
def test_what_cannot_be_undone(changes: dict[str, Any], line: str, tmp_path: Path):
    norm = {"layers": changes.pop("layers", constant(0))}
    with pytest.raises(InputError) as error:
        opened(tmp_path, norm, changes.pop("data", None), **changes)
    assert f"reversible_norm_1: {line}" in str(error.value)


def test_other_data_has_no_windows(tmp_path: Path):
    model = [{"reversible_norm": [{"dense": "classes"}]}]
    with pytest.raises(InputError, match="needs windows of time series; read the data by the source `windows`"):
        open_run(tmp_path, {"model": model})
