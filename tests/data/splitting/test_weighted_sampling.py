"""Weighted sampling: the alias table draws every row by its weight, and every line about unfit weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.config.experiment import Sampling
from dltool.data.dataset.opening import open_dataset
from dltool.data.splitting.weighted_sampling import build_alias_table
from dltool.errors import InputError
from tests.data.opening import FOLDER, config, table, write

GENERATOR = np.random.default_rng(7)
WEIGHTS: dict[str, np.ndarray] = {
    "one row": np.array([3.0]),
    "alike": np.full(9, 0.1),
    "two": np.array([1.0, 3.0]),
    "random": GENERATOR.random(1000),
    "skewed": GENERATOR.random(1000) ** 20,
    "some are nothing": (np.arange(1000) % 3).astype(float),
    "one counts": np.where(np.arange(1000) == 400, 1e12, 1e-3),
    "harmonic": 1 / np.arange(1, 1000),
}


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
def test_the_table_holds_every_weight(weights: np.ndarray):
    chances, others = build_alias_table(weights)
    assert (chances.dtype, others.dtype) == (np.float32, np.int32)
    assert ((chances >= 0) & (chances <= 1)).all()
    mass = chances.astype(float)
    np.add.at(mass, others, 1 - chances.astype(float))
    np.testing.assert_allclose(mass / len(weights), weights / weights.sum(), rtol=1e-6, atol=1e-15)
    assert not chances[weights == 0].any()


def _table(rows: int = 20) -> dict[str, Any]:
    lines = ["a,often,y", *(f"{i},{i % 4},{'u' if i % 5 else 'v'}" for i in range(rows))]
    return table(write("data.csv", "\n".join(lines) + "\n"))


def _shares(sampling: Any, data: dict[str, Any]) -> tuple[np.ndarray, Any]:
    """How often each row to train on is drawn, and that part."""
    part = open_dataset(config(data), [FOLDER], sampling=sampling).parts["train"]
    assert part.alias is not None
    mass = part.alias.chances.astype(float)
    np.add.at(mass, part.alias.others, 1 - part.alias.chances.astype(float))
    return mass / mass.sum(), part


def test_balanced_sampling_draws_classes_as_often():
    shares, part = _shares("balanced", _table())
    assert [shares[part.targets == label].sum() for label in (0, 1)] == pytest.approx([0.5, 0.5])


def test_weights_come_from_a_column_that_is_no_feature():
    data = {**_table(), "split": {"validation": {"first": 5}}, "scaling": "none"}
    shares, part = _shares(Sampling(weights="often"), data)
    assert part.features.shape[1] == 1
    assert shares == pytest.approx((part.features[:, 0] % 4) / (part.features[:, 0] % 4).sum())


FAULTS: list[tuple[str, list[Any], str]] = [
    ("of", [1, 1], "data.csv: data.table: no column 'of'; did you mean 'w'?"),
    ("w", [1, -2], "data.csv:3: column 'w' holds -2; every row to train on needs a weight of 0 or more"),
    ("w", [1, ""], "data.csv:3: column 'w' has no value; every row to train on needs a weight of 0 or more"),
    ("w", [0, 0], "data.csv: train.sampling.weights: column 'w' is 0 in all rows to train on"),
    ("w", ["x", "z"], "data.csv: train.sampling.weights: column 'w' holds no numbers, but weights must be numbers"),
]


@pytest.mark.parametrize(("column", "cells", "line"), FAULTS)
def test_weights_that_cannot_be_used(column: str, cells: list[Any], line: str):
    write("data.csv", "a,w,y\n" + "".join(f"{i},{cell},{i}\n" for i, cell in enumerate(cells)))
    with pytest.raises(InputError) as caught:
        open_dataset(
            config({**table("data.csv"), "split": {"validation": 0}}), [FOLDER], sampling=Sampling(weights=column)
        )
    assert str(caught.value) == line.replace("did you mean 'w'?", "allowed: a, w, y")


def test_arrays_have_no_column_of_weights():
    np.save("x.npy", np.zeros((4, 3)))
    np.save("y.npy", [0, 1, 0, 1])
    with pytest.raises(InputError, match=r"train.sampling.weights: weights need a table with a column of weights"):
        open_dataset(config({"npy": {"path": "x.npy", "targets": "y.npy"}}), [FOLDER], sampling=Sampling(weights="w"))


def test_numbers_cannot_be_balanced():
    np.savez("data.npz", x=np.zeros((4, 3)), y=[0.5, 1.5, 0.5, 1.5])
    with pytest.raises(
        InputError, match="'balanced' draws every class equally often, the target holds numbers; give weights"
    ):
        open_dataset(config({"npz": "data.npz"}), [FOLDER], sampling="balanced")
