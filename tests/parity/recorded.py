"""Twenty steps of the image networks, in dltool and in PyTorch, from the same parameters and batches.

`python -m tests.parity.recorded` (with PyTorch) writes what PyTorch computes to tests/golden/images.json.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from dltool.bench.exchange import write_exchange
from dltool.bench.step_plans import StepPlans
from dltool.config.experiment import Experiment
from dltool.config.loading import load
from dltool.training.job import open_job

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "images.json"
STEPS = 20
RUNNING = ("running_mean", "running_variance")

#: PyTorch's defaults, few samples, and slow steps: in larger ones the rounding of 20 steps grows past a hundredth
SMALL = ("compat=torch", "train.batch_size=16", "train.shuffle=false", "data.synthetic.rows=64")
RUNS = {
    "lenet5": (*SMALL, "optimizer.adam.lr=0.001"),
    "resnet20": (*SMALL, "optimizer.sgd.lr=0.0005"),
    "mobile": (*SMALL, "optimizer.sgd.lr=0.0005"),
}


@dataclass(frozen=True)
class Run:
    """What a training gave."""

    losses: list[float]  # of every step
    statistics: dict[str, list[float]]  # mean and root mean square of what was asked for, by name


def experiment_of(name: str, threads: int = 1) -> Experiment:
    """The config of a run."""
    return load(ROOT / "configs" / "bench" / f"{name}.yaml", [*RUNS[name], f"train.threads={threads}"])


def run_dltool(
    experiment: Experiment, *, steps: int = STEPS, kept: Sequence[str] = RUNNING, debug: bool = False
) -> Run:
    """The run in dltool, with figures of the arrays whose names end in one of those `kept`."""
    job = open_job(experiment, [ROOT], debug=debug)
    losses = job.engine.train("train", StepPlans(job).plan(0, steps), collect=False).losses
    return Run(losses.tolist(), _statistics(job.engine.read(), kept))


def run_torch(experiment: Experiment, *, steps: int = STEPS, kept: Sequence[str] = RUNNING, tuned: bool = False) -> Run:
    """The run in PyTorch, likewise."""
    from dltool.bench.pytorch.recipe import read_recipe
    from dltool.bench.pytorch.worker import Training

    with tempfile.TemporaryDirectory() as folder:
        write_exchange(experiment, [ROOT], Path(folder))
        recipe = read_recipe(Path(folder))
        training = Training(recipe, tuned=tuned)
        losses = [training.step(update).item() for update in islice(cycle(recipe.updates), steps)]
    arrays = {name: tensor.detach().numpy() for name, tensor in training.tensors.items()}
    return Run(losses, _statistics(arrays, kept))


def start_of(experiment: Experiment) -> dict[str, int]:
    """Checksums of what a run starts from, which the seed alone determines."""
    with tempfile.TemporaryDirectory() as folder:
        write_exchange(experiment, [ROOT], Path(folder))
        arrays = np.load(Path(folder) / "arrays.npz")
        parameters = b"".join(arrays[key].tobytes() for key in sorted(arrays))
        return {"features": crc32(np.load(Path(folder) / "features.npy").tobytes()), "parameters": crc32(parameters)}


def record(path: Path, experiments: Mapping[str, Experiment], *, steps: int, kept: Sequence[str] = RUNNING) -> None:
    """Writes what PyTorch computes."""
    runs = {name: run_torch(experiment, steps=steps, kept=kept) for name, experiment in experiments.items()}
    write_runs(path, experiments, runs)


def write_runs(path: Path, experiments: Mapping[str, Experiment], runs: Mapping[str, Run]) -> None:
    """Writes what PyTorch computed, and what it started from."""
    import torch  # pyright: ignore[reportMissingImports]

    entries = {name: {"start": start_of(experiments[name]), **asdict(run)} for name, run in runs.items()}
    golden = {"recorded with": f"PyTorch {torch.__version__}", **entries}
    path.write_text(json.dumps(_shortened(golden)).replace('], "', '],\n"').replace('}, "', '},\n"') + "\n")


def _statistics(arrays: Mapping[str, np.ndarray], kept: Sequence[str]) -> dict[str, list[float]]:
    chosen = {name: array for name, array in sorted(arrays.items()) if name.rpartition(".")[2] in kept}
    return {name: [float(array.mean()), float(np.sqrt(np.mean(array**2)))] for name, array in chosen.items()}


def _shortened(value: Any) -> Any:
    """Seven significant digits of every number."""
    if isinstance(value, dict):
        return {name: _shortened(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_shortened(one) for one in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value


if __name__ == "__main__":
    record(GOLDEN, {name: experiment_of(name) for name in RUNS}, steps=STEPS)
