"""Steps of every config in configs/: XLA and the cpu kernels lose alike.

Those of configs/bench make up their data. The data sets of the others are looked for in data/ and ../shared/data.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dltool.bench.step_plans import StepPlans
from dltool.config.loading import load
from dltool.training.job import open_job

ROOT = Path(__file__).parents[2]
CONFIGS = sorted((ROOT / "configs" / "bench").glob("*.yaml"))
#: those that train on real data, but for one that goes on from a run of another
REAL = sorted(
    path for path in (ROOT / "configs").rglob("*.yaml") if path not in CONFIGS and path.stem != "digits_transfer"
)
STEPS = 20
#: how far losses may lie apart after 20 steps if rounding errors do not grow
CLOSE = 1e-3
#: rounding errors grow from step to step, fastest where batch norm follows a convolution. The limit is this multiple of
#: the drift between two runs whose parameters differ in the last bit
MOST_DRIFTS = 10
PLACES = (ROOT, ROOT.parent / "shared")
#: XLA runs convolutions inside a loop on one processor: with whole batches they would take minutes
OVERRIDES = {"mobile": ["train.batch_size=16"], "resnet20": ["train.batch_size=32"]} | {
    path.stem: ["train.batch_size=16"] for path in REAL if path.stem.startswith("cifar10")
}


@pytest.mark.slow
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_trains_alike_on_xla(path: Path):
    assert_alike(path, STEPS, first=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_a_config_of_real_data_trains_alike_on_xla(path: Path):
    if "datasets/" not in path.read_text() and not any((place / "data").is_dir() for place in PLACES):
        pytest.skip(f"no data in {' or '.join(map(str, PLACES))}")
    assert_alike(path, 3, first=1e-5)


def assert_alike(path: Path, steps: int, first: float) -> None:
    """The first losses differ by no more than `first`, later ones by no more than rounding lets them drift."""
    cpu, xla = losses(path, steps, "cpu"), losses(path, steps, "xla")
    nudged = losses(path, steps, "cpu", nudge=True)
    np.testing.assert_allclose(xla[0], cpu[0], rtol=first)
    drift = np.maximum.accumulate(np.abs(nudged / cpu - 1))
    far = np.abs(xla / cpu - 1)
    assert (far <= np.maximum(CLOSE, MOST_DRIFTS * drift)).all(), (far, drift)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["conv1d", "mobile"])
def test_without_kinks_rounding_stays_small(name: str, tmp_path: Path):
    """Rounding moves some inputs of a relu across zero, where its slope changes: that is most of the difference."""
    text = next(path for path in CONFIGS if path.stem == name).read_text()
    assert "relu" in text
    (tmp_path / "smooth.yaml").write_text(text.replace("relu", "tanh"))
    cpu, xla = (losses(tmp_path / "smooth.yaml", 4, device) for device in ("cpu", "xla"))
    np.testing.assert_allclose(xla, cpu, rtol=5e-6)


def losses(path: Path, steps: int, device: str, *, nudge: bool = False) -> np.ndarray:
    """The losses of some steps; `nudge` first raises every parameter to the next larger float32."""
    job = open_job(load(path, [f"train.device={device}", *OVERRIDES.get(path.stem, ())]), [path.parent, *PLACES])
    if nudge:
        names = [value.name for value in job.network.graph.parameters()]
        job.engine.write({name: np.nextafter(job.engine.arrays[name], np.float32(np.inf)) for name in names})
    plan = StepPlans(job).plan(0, min(steps, job.batching.updates))
    return job.engine.train("train", plan, collect=False).losses
