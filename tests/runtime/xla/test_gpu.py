"""On an NVIDIA GPU: the losses of the processor, and the same bits after a stop. Run with -m gpu."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dltool.training import pace
from dltool.training.checkpoint import decode
from dltool.training.continuing import continued
from dltool.training.job import open_job
from tests.training.runs import AUGMENTED, assert_equal_runs, lines, open_run, train

pytestmark = pytest.mark.gpu
CUDA = ("train.device=cuda",)


def test_a_gpu_follows_the_processor(tmp_path: Path):
    losses = []
    for overrides in ((), CUDA):
        job, run = open_run(tmp_path, AUGMENTED, overrides)
        train(job, run)
        losses.append([line["loss"] for line in lines(run, "step")])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-3)


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
