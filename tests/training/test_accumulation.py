"""`train.accumulate` makes the updates of a larger batch, whatever the loss, its divisor and the last batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .runs import lines, open_run, train

CLASSES = {"synthetic": {"features": 5, "classes": 3, "rows": 90}, "split": {"validation": {"last": 29}}}
TWO = {"synthetic": {"features": 5, "classes": 2, "rows": 90}, "split": {"validation": {"last": 29}}}
NUMBERS = {"synthetic": {"features": 5, "targets": 2, "rows": 90}, "split": {"validation": {"last": 29}}}
WEIGHTS = {"class_weights": [1, 7, 0.2]}

LOSSES: dict[str, tuple[dict[str, Any], Any, Any]] = {
    "cross_entropy": (CLASSES, "classes", "cross_entropy"),
    "weighted": (CLASSES, "classes", {"cross_entropy": WEIGHTS}),
    "balanced": (CLASSES, "classes", {"cross_entropy": {"class_weights": "balanced"}}),
    "over weights": (CLASSES, "classes", {"cross_entropy": {**WEIGHTS, "divide_by": "weights"}}),
    "smoothed": (CLASSES, "classes", {"cross_entropy": {**WEIGHTS, "label_smoothing": 0.2}}),
    "without weight": (CLASSES, "classes", {"cross_entropy": {"class_weights": [0, 1, 0], "divide_by": "weights"}}),
    "binary_cross_entropy": (TWO, 1, {"binary_cross_entropy": {"positive_weight": 3.0}}),
    "mse": (NUMBERS, "targets", "mse"),
    "mae": (NUMBERS, "targets", "mae"),
    "huber": (NUMBERS, "targets", "huber"),
}


def _trained(folder: Path, changes: dict[str, Any], **batches: Any) -> tuple[list[float], dict[str, np.ndarray]]:
    changes = {"metrics": [], "optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9}}, **changes}
    job, run = open_run(folder, {**changes, "train": {"epochs": 2, **batches}})
    train(job, run)
    logged = [line["loss"] for line in lines(run, "step")]
    epochs = [line[part]["loss"] for line in lines(run, "epoch") for part in ("train", "validation")]
    return [*logged, *epochs], job.engine.read()


@pytest.mark.parametrize("compat", [None, "torch", "mxnet"])
@pytest.mark.parametrize("name", LOSSES)
def test_accumulated_batches_are_one_larger_batch(name: str, compat: str | None, tmp_path: Path):
    data, units, loss = LOSSES[name]
    hidden = {"dense": {"units": 6, "activation": "tanh"}}
    changes = {"data": data, "loss": loss, "model": [hidden, {"dense": units}], "compat": compat}
    for last_batch in ("keep", "drop", "pad") if compat is None else ("pad",):
        whole, arrays = _trained(tmp_path, changes, batch_size=24, last_batch=last_batch)
        pieces, others = _trained(tmp_path, changes, batch_size=8, accumulate=3, last_batch=last_batch)
        np.testing.assert_allclose(pieces, whole, rtol=1e-5, atol=1e-7)
        for key, array in arrays.items():
            np.testing.assert_allclose(others[key], array, rtol=1e-4, atol=2e-6, err_msg=f"{last_batch}: {key}")


SERIES = {"synthetic": {"features": [6, 4], "classes": 3, "rows": 90}, "split": {"validation": {"last": 29}}}
RANDOM: dict[str, tuple[Any, list[Any]]] = {
    "dropout": (CLASSES, [{"dense": 6}, {"dropout": 0.4}, "relu"]),
    "dropout of steps": (SERIES, [{"conv1d": {"filters": 5, "kernel": 3}}, {"dropout": 0.4}, "flatten"]),
    "recurrent dropout": (SERIES, [{"lstm": {"units": 5, "dropout": 0.3, "recurrent_dropout": 0.3}}]),
    "dropout of attention": (SERIES, [{"multi_head_attention": {"heads": 2, "dropout": 0.3}}, "flatten"]),
}


@pytest.mark.parametrize("name", RANDOM)
def test_what_is_drawn_does_not_depend_on_the_pieces(name: str, tmp_path: Path):
    """Pieces of five samples do not begin where the generator begins another four."""
    data, layers = RANDOM[name]
    changes = {"data": data, "loss": "cross_entropy", "model": [*layers, {"dense": "classes"}]}
    whole, _ = _trained(tmp_path, changes, batch_size=15)
    for pieces in ({"batch_size": 5, "accumulate": 3}, {"batch_size": 15, "shards": 3}):
        losses, _ = _trained(tmp_path, changes, **pieces)
        np.testing.assert_allclose(losses, whole, rtol=1e-5, atol=1e-7)
