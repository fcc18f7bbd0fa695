"""Batches of one row under `batch_norm`: said where all are so, left out where only the last one of an epoch is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.cli.main import main

from .runs import CLASSES, IMAGES, lines, open_run, train, write_config

FLAT = [{"dense": 4}, "batch_norm", "relu", {"dense": "classes"}]
CONVOLUTIONS = [{"conv2d": 4}, "batch_norm", "relu", "flatten", {"dense": "classes"}]
POINTS = [{"conv2d": {"filters": 4, "kernel": [6, 5]}}, "batch_norm", "flatten", {"dense": "classes"}]
ALONE = "in a batch of one row every value is its own mean"
LAST = "the last batch of an epoch would have a single row"


@pytest.mark.parametrize(
    ("data", "model", "batches", "said", "rows"),
    [
        # 63 rows to train on
        (CLASSES, FLAT, {"batch_size": 1}, ALONE, 63),
        (CLASSES, FLAT, {"batch_size": 2}, LAST, 62),
        (CLASSES, FLAT, {"batch_size": 31, "accumulate": 2}, LAST, 62),
        (CLASSES, FLAT, {"batch_size": 2, "accumulate": 4}, LAST, 62),
        (CLASSES, FLAT, {"batch_size": 2, "last_batch": "drop"}, "", 62),
        (CLASSES, FLAT, {"batch_size": 2, "last_batch": "pad"}, "", 64),
        (CLASSES, FLAT, {"batch_size": 9}, "", 63),
        (CLASSES, [{"dense": "classes"}], {"batch_size": 2}, "", 63),
        # 72 images
        (IMAGES, CONVOLUTIONS, {"batch_size": 1}, "", 72),
        (IMAGES, POINTS, {"batch_size": 1}, ALONE, 72),
        (IMAGES, POINTS, {"batch_size": 71}, LAST, 71),
    ],
)
@pytest.mark.parametrize("compat", ["keras", "torch"])
def test_batches_of_one_row(
    data: dict[str, Any],
    model: list[Any],
    batches: dict[str, Any],
    said: str,
    rows: int,
    compat: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    changes = {"data": data, "model": model, "compat": compat, "train": {"epochs": 2, **batches}}
    job, run = open_run(tmp_path, changes)
    assert job.batching.epoch_samples == rows
    assert [said in text for text in job.network.warnings] == ([True] if said else [])
    train(job, run)
    assert len(lines(run, "epoch")) == 2
    assert all(np.isfinite(array).all() for array in job.engine.read().values())
    assert main(["check", str(write_config(tmp_path, changes))]) == 0
    assert (f"warning: batch_norm_1: {said}" in capsys.readouterr().out) == bool(said)
