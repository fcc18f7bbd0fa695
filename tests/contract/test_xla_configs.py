"""Twenty steps of every config in configs/bench: XLA and the cpu kernels lose alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dltool.bench.step_plans import StepPlans
from dltool.config.loading import load
from dltool.training.job import open_job

CONFIGS = sorted((Path(__file__).parents[2] / "configs" / "bench").glob("*.yaml"))
STEPS = 20
#: rounding grows from step to step, most in convolutions before batch norms: the reference kernels come no closer. At
#: first it is small
CLOSE = 2e-3


@pytest.mark.slow
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_trains_alike_on_xla(path: Path):
    losses = []
    for device in ("cpu", "xla"):
        job = open_job(load(path, [f"train.device={device}"]), [path.parent])
        plan = StepPlans(job).plan(0, min(STEPS, job.batching.updates))
        losses.append(job.engine.train("train", plan, collect=False).losses)
    np.testing.assert_allclose(losses[1][:2], losses[0][:2], rtol=2e-5)
    np.testing.assert_allclose(losses[1], losses[0], rtol=CLOSE)
