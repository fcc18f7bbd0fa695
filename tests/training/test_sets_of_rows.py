"""Every figure of a part follows from the set of its rows: not from their order, nor from where they are cut."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.data.samples.samples import Samples
from dltool.training.job import Job

from .runs import open_run

#: more than twice the rows that are evaluated at a time
ROWS = 613
HIDDEN = {"dense": {"units": 6, "activation": "tanh"}}
WEIGHTS = {"class_weights": [0.2, 5, 1]}
LOSSES: dict[str, dict[str, Any]] = {
    "classes": {
        "cross_entropy": {},
        "weighted": WEIGHTS,
        "balanced": {"class_weights": "balanced"},
        "over samples": {**WEIGHTS, "divide_by": "samples"},
        "over weights": {**WEIGHTS, "divide_by": "weights"},
        "smoothed": {**WEIGHTS, "label_smoothing": 0.1, "divide_by": "weights"},
        "without weight": {"class_weights": [0, 1, 0], "divide_by": "weights"},
    },
    "two classes": {"plain": {}, "weighted": {"positive_weight": 3.0}},
    "multilabel": {"plain": {}, "weighted": {"positive_weight": "balanced"}},
    "numbers": {"mse": "mse", "mae": "mae", "huber": {"huber": 0.3}},
}
BINARY = ["f1", {"f1": "macro"}, "precision", "recall", "auc", "accuracy"]
METRICS = {
    "classes": ["f1", {"f1": "weighted"}, {"f1": "micro"}, "precision", "recall", "auc", "accuracy", {"top_k": 2}],
    "two classes": BINARY,
    "multilabel": [*BINARY, "exact_match"],
    "numbers": ["mae", "rmse", "r2"],
}


def _data(task: str) -> dict[str, Any]:
    """Rows sorted by their targets, as they would come from a folder for each class."""
    random = np.random.default_rng(7)
    x = random.normal(size=(ROWS, 5)).astype(np.float32)
    score = x[:, 0] + random.normal(size=ROWS)
    y = {
        "classes": np.sort(random.choice(3, ROWS, p=[0.1, 0.3, 0.6])),
        "two classes": np.sort((score > 1).astype(int)),
        "multilabel": (np.stack([score, -score], axis=1) > [1, 0]).astype(int),
        "numbers": np.stack([score, 3 * score], axis=1).astype(np.float32),
    }[task]
    return {"x": x, "y": y}


def _job(folder: Path, task: str, loss: Any, compat: str | None) -> Job:
    np.savez(folder / "rows.npz", **_data(task))
    op = "cross_entropy" if task == "classes" else "binary_cross_entropy"
    units = {"classes": "classes", "two classes": 1}.get(task, "targets")
    changes = {
        "compat": compat,
        "data": {"npz": {"path": "rows.npz", "task": "multilabel"} if task == "multilabel" else "rows.npz"},
        "model": [HIDDEN, {"dense": units}],
        "loss": loss if task == "numbers" else {op: loss},
        "metrics": METRICS[task],
    }
    return open_run(folder, {**changes, "train": {}})[0]


def _orders(part: Samples) -> Iterator[np.ndarray]:
    """The rows in other orders."""
    random = np.random.default_rng(3)
    yield random.permutation(len(part))
    yield np.arange(len(part))[::-1]
    yield np.argsort(part.targets.reshape(len(part), -1)[:, -1] + 10 * random.integers(0, 2, len(part)), kind="stable")


def _figures(job: Job, part: Samples, cuts: tuple[int, ...] = ()) -> dict[str, Any]:
    """What is measured on a part that comes in pieces."""
    meter = job.meter()
    bounds = (0, *cuts, len(part))
    for low, high in pairwise(bounds):
        piece = part.rows(low, high)
        job.engine.attach("validation", piece)
        result = job.engine.evaluate("validation")
        meter.add_losses(result.losses, result.weights)
        meter.add_outputs(result.outputs, piece.targets)
    return meter.result()


CASES = [(task, name, compat) for task, of in LOSSES.items() for name in of for compat in (None, "torch", "mxnet")]


@pytest.mark.parametrize(("task", "loss", "compat"), CASES)
def test_figures_follow_from_the_set_of_rows(task: str, loss: str, compat: str | None, tmp_path: Path) -> None:
    job = _job(tmp_path, task, LOSSES[task][loss], compat)
    part = job.dataset.parts["train"].rows(0, ROWS)
    expected = _figures(job, part)
    for name, cuts in (("one by one", (1, 2, 3)), ("in two", (255,)), ("in four", (7, 300, 607))):
        assert _figures(job, part, cuts) == pytest.approx(expected, rel=1e-6), name
    for order in _orders(part):
        moved = Samples(part.features[order], part.targets[order], part.codes[order])
        assert _figures(job, moved) == pytest.approx(expected, rel=1e-6)
        assert _figures(job, moved, (100, 101, 550)) == pytest.approx(expected, rel=1e-6)
