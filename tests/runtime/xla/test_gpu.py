"""On an NVIDIA GPU: the losses of the processor, the same bits after a stop, and kept programs. Run with -m gpu."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.runtime.xla import kept, sources
from dltool.training import bucketing, pace
from dltool.training.checkpoint import decode
from dltool.training.continuing import continued
from dltool.training.job import open_job
from tests.training.runs import AUGMENTED, assert_equal_runs, lines, open_run, train
from tests.training.test_bucketing import TEXTS, write_texts

from .test_ahead import LARGE

pytestmark = pytest.mark.gpu
CUDA = ("train.device=cuda",)
BFLOAT16 = ("train.precision=bfloat16",)


@pytest.mark.parametrize(
    ("changes", "more", "close"),
    [
        (AUGMENTED, (), 1e-3),
        (AUGMENTED, BFLOAT16, 5e-2),
        (LARGE, ("data.memory=40KB",), 1e-3),
        (TEXTS, (), 1e-3),
    ],
    ids=["augmented", "augmented, bfloat16", "in spans", "texts of different lengths"],
)
def test_a_gpu_follows_the_processor(
    changes: dict[str, Any], more: Sequence[str], close: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bucketing, "LEAST_FLOPS", 0)
    write_texts(tmp_path)
    losses = []
    for overrides in ((), CUDA):
        job, run = open_run(tmp_path, changes, (*overrides, *more))
        train(job, run)
        losses.append([line["loss"] for line in lines(run, "step")])
    np.testing.assert_allclose(losses[1], losses[0], rtol=close)


def test_a_stop_changes_no_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dltool.runtime.xla.backend.LONGEST", 3)
    monkeypatch.setattr(pace, "CALL_SECONDS", 0.0)
    job, whole = open_run(tmp_path, AUGMENTED, CUDA)
    train(job, whole)
    job, run = open_run(tmp_path, AUGMENTED, CUDA)
    train(job, run, stop_at=3)
    checkpoint = decode(run.last)
    train(open_job(continued(checkpoint, ()), [tmp_path]), run, checkpoint=checkpoint)
    assert_equal_runs(run, whole)


def test_a_second_run_neither_traces_nor_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kept, "cache_root", lambda: tmp_path / "cache")
    job, first = open_run(tmp_path, overrides=CUDA)
    train(job, first)

    def traced(*arguments: object) -> None:
        raise AssertionError("it traces")

    monkeypatch.setattr(sources, "_lowered", traced)
    job, second = open_run(tmp_path, overrides=CUDA)
    train(job, second)
    assert_equal_runs(first, second)
