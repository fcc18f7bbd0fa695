"""Any number of ranks leaves the same bytes in every parameter, statistic and average, also after being resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from .mpi import arrays, needs_mpi, run, written

IMAGES: dict[str, Any] = {
    "data": {
        "synthetic": {"features": [8, 8, 3], "classes": 3, "rows": 300}, "split": {"validation": 0.2},
    },
    "augment": ["random_flip"],
    "model": [{"conv2d": {"filters": 8, "kernel": 3}}, "batch_norm", "relu", "flatten", {"dense": "classes"}],
    "optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9}},
    "train": {"accumulate": 2, "batch_size": 16, "clip": None},
}  # fmt: skip


def trained(folder: Path, ranks: int, config: Path, *more: str) -> dict[str, bytes]:
    """The arrays that a training leaves."""
    place = folder / f"run-{ranks}"
    done = run(ranks, "train", config, "--run-dir", place, "--quiet", *more)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1, "only rank 0 has a screen"
    return arrays(place)


@needs_mpi
@pytest.mark.parametrize("changes", [{}, IMAGES], ids=["table", "images"])
def test_one_two_and_four_ranks_leave_the_same_bytes(tmp_path: Path, changes: dict[str, Any]):
    config = written(tmp_path, **changes)
    alone = trained(tmp_path, 1, config)
    assert trained(tmp_path, 2, config) == alone
    assert trained(tmp_path, 4, config) == alone
    log = [json.loads(line) for line in (tmp_path / "run-4" / "metrics.jsonl").read_text().splitlines()]
    assert [line["kind"] for line in log].count("epoch") == 2


@needs_mpi
def test_samples_that_are_read_from_disk_come_in_the_same_order(tmp_path: Path):
    config = written(tmp_path)
    assert trained(tmp_path, 2, config, "--set", "data.memory=100KB") == trained(tmp_path, 1, config)


@needs_mpi
def test_a_run_is_resumed_on_other_ranks(tmp_path: Path):
    config = written(tmp_path, train={"epochs": 4})
    alone = trained(tmp_path, 1, config)
    shorter = written(tmp_path)
    trained(tmp_path, 4, shorter)
    place = tmp_path / "run-4"
    done = run(2, "resume", place, "--set", "train.epochs=4", "--quiet")
    assert done.returncode == 0, done.stderr
    assert arrays(place) == alone
    assert run(2, "eval", place).stdout == run(1, "eval", place).stdout


@needs_mpi
def test_without_the_key_there_is_one_shard_for_each_rank(tmp_path: Path):
    config = written(tmp_path, train={"shards": "auto"})
    two = trained(tmp_path, 2, config)
    resolved = yaml.safe_load((tmp_path / "run-2" / "config.yaml").read_text())
    assert resolved["train"]["shards"] == 2
    assert trained(tmp_path, 1, config, "--set", "train.shards=2") == two


def test_shards_are_close_to_the_whole_batch(tmp_path: Path):
    """Dropout is left out, as it draws for each shard apart, and batch norm, which normalizes each apart."""
    model = [{"dense": {"units": 48, "activation": "relu"}}, {"dense": "classes"}]
    losses = []
    for shards in (1, 4):
        place = tmp_path / f"shards-{shards}"
        done = run(1, "train", written(tmp_path, model=model, train={"shards": shards}), "--run-dir", place, "--quiet")
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()]
        losses.append([line["loss"] for line in lines if line["kind"] == "step"])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
