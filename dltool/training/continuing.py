"""Going on with a run: what of its config may change, and what a change of its length does to the learning rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dltool.config.experiment import Experiment
from dltool.config.loading import from_resolved, resolved
from dltool.errors import InputError, Problem
from dltool.training.checkpoint import Checkpoint
from dltool.training.counters import Counters
from dltool.training.job import Job

#: What leaves the steps done so far as they would have been, the schedule's horizon excepted.
MAY_CHANGE = (
    "data.memory",
    "train.epochs",
    "train.threads",
    "train.log_every",
    "train.checkpoint_minutes",
    "early_stopping.patience",
)


def continued(checkpoint: Checkpoint, overrides: Sequence[str]) -> Experiment:
    """The experiment to go on with; raises `InputError` where `overrides` would make it another one."""
    before = resolved(from_resolved(checkpoint.config))
    experiment = from_resolved(checkpoint.config, overrides)
    refused = [path for path in _differences(before, resolved(experiment)) if path not in MAY_CHANGE]
    if refused:
        hint = (
            f"may change: {', '.join(MAY_CHANGE)}; for a new training from these parameters: dltool train --init-from"
        )
        raise InputError(*(Problem(f"cannot change while a run goes on; {hint}", path=path) for path in refused))
    return experiment


def check_data(checkpoint: Checkpoint, job: Job) -> None:
    """Raise `InputError` where the data is not what the run was trained on."""
    if job.dataset.fingerprint != checkpoint.fingerprint:
        raise InputError(
            Problem(
                "the data has changed since this run began; to train on with the new data: dltool train --init-from",
                path="data",
            )
        )


def rebasing(checkpoint: Checkpoint, job: Job) -> str | None:
    """What a changed number of epochs does to the schedule, in a line, or None where it is unchanged."""
    before, now = checkpoint.config["train"]["epochs"], job.experiment.train.epochs
    if before == now:
        return None
    counters = Counters.from_arrays(checkpoint.trainer)
    step = np.array([counters.step])
    old, new = (counters.multiplier * float(job.learning_rates(step, epochs)[0]) for epochs in (before, now))
    rate = f"stays {new:.4g}" if old == new else f"is {new:.4g}, and was to be {old:.4g}"
    return (
        f"{now} epochs instead of {before}: schedule '{job.experiment.schedule.yaml_name}' now spans them all; "
        f"the learning rate at step {counters.step + 1} {rate}"
    )


def _differences(before: Any, after: Any, path: str = "") -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {**before, **after}:
            below = f"{path}.{key}" if path else str(key)
            yield from _differences(before.get(key), after.get(key), below)
    elif before != after:
        yield path
