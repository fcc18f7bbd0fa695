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
#: rounding grows from step to step, most in convolutions before batch norms: the reference kernels come no closer
CLOSE = 2e-3


@pytest.mark.slow
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_trains_alike_on_xla(path: Path):
    cpu, xla = losses(path, STEPS)
    np.testing.assert_allclose(xla[0], cpu[0], rtol=2e-6)
    np.testing.assert_allclose(xla, cpu, rtol=CLOSE)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["conv1d", "mobile"])
def test_without_kinks_rounding_stays_small(name: str, tmp_path: Path):
    """A relu of what rounding moves across zero has another slope, which is most of what the losses differ by."""
    text = next(path for path in CONFIGS if path.stem == name).read_text()
    assert "relu" in text
    (tmp_path / "smooth.yaml").write_text(text.replace("relu", "tanh"))
    cpu, xla = losses(tmp_path / "smooth.yaml", 4)
    np.testing.assert_allclose(xla, cpu, rtol=5e-6)


def losses(path: Path, steps: int) -> list[np.ndarray]:
    """Those of the cpu kernels and of XLA."""
    found = []
    for device in ("cpu", "xla"):
        job = open_job(load(path, [f"train.device={device}"]), [path.parent])
        plan = StepPlans(job).plan(0, min(steps, job.batching.updates))
        found.append(job.engine.train("train", plan, collect=False).losses)
    return found
