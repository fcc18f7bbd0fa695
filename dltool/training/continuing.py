"""Resuming a run: which parts of its config may change, and how a new length changes the learning rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from dltool.config.experiment import Experiment
from dltool.config.loading import from_resolved, resolved
from dltool.data.dataset.config_sources import as_typed, path_fields
from dltool.errors import InputError, Problem
from dltool.training.checkpoint import Checkpoint, decode
from dltool.training.counters import Counters
from dltool.training.job import Job
from dltool.training.run_directory import RunDirectory
from dltool.training.saving import save

CHANGED = "the data has changed since this run started"
#: keys that do not affect the steps done so far, apart from the schedule's length
MAY_CHANGE = (
    "data.memory",
    "train.epochs",
    "train.threads",
    "train.device",
    "train.devices",
    "train.precision",
    "train.log",
    "train.log_every",
    "train.checkpoint_minutes",
    "early_stopping.patience",
)


def continued(checkpoint: Checkpoint, overrides: Sequence[str]) -> Experiment:
    """The experiment to resume; raises `InputError` for `overrides` that would change the steps done so far."""
    hint = (
        f"allowed: {', '.join(MAY_CHANGE)}, and the location of the data; for a new training from these parameters: "
        "dltool train --init-from"
    )
    return _changed(checkpoint, overrides, MAY_CHANGE, f"cannot change when a run is resumed; {hint}")


def follow_data(run: RunDirectory, experiment: Experiment) -> None:
    """Record the new location of the data in the best checkpoint too."""
    if not run.best.exists():
        return
    best, data = decode(run.best), resolved(experiment)["data"]
    if best.config["data"] != data:
        save(replace(best, config={**best.config, "data": data}), run.best)


def relocated(checkpoint: Checkpoint, overrides: Sequence[str]) -> Checkpoint:
    """The checkpoint with a new data location; raises `InputError` if `overrides` change anything else."""
    experiment = _changed(checkpoint, overrides, (), "cannot change after training; only the location of the data can")
    return replace(checkpoint, config=resolved(experiment))


@contextmanager
def hinting_at_moved_data(command: str) -> Iterator[None]:
    """Add to errors about missing data files how to pass their new location to `command`."""
    try:
        yield
    except InputError as error:
        raise InputError(*(_with_remedy(problem, command) for problem in error.problems)) from None


def _with_remedy(problem: Problem, command: str) -> Problem:
    if not any(problem.path.endswith(f".{field}") for field in ("path", "images", "labels", "targets")):
        return problem
    message = problem.message if problem.message.endswith("?") else f"{problem.message};"
    return replace(problem, message=f"{message} if it has moved: {command} --set {problem.path}=PATH")


def check_data(checkpoint: Checkpoint, job: Job) -> None:
    """Raise `InputError` if the data is not the data that the run was trained on."""
    if job.dataset.fingerprint == checkpoint.fingerprint:
        return
    message = CHANGED
    if fields := path_fields(job.experiment.data):
        message = f"{message}; if it has moved: --set {fields[0].key}=PATH"
    raise InputError(Problem(f"{message}; to continue with the new data: dltool train --init-from", path="data"))


def rebasing(checkpoint: Checkpoint, job: Job) -> str | None:
    """A note on how a changed number of epochs affects the schedule; None if it is unchanged."""
    before, now = checkpoint.config["train"]["epochs"], job.experiment.train.epochs
    if before == now:
        return None
    counters = Counters.from_arrays(checkpoint.trainer)
    step = np.array([counters.step])
    old, new = (counters.multiplier * float(job.learning_rates(step, epochs)[0]) for epochs in (before, now))
    rate = f"stays {new:.4g}" if old == new else f"is {new:.4g} instead of {old:.4g}"
    return (
        f"{now} epochs instead of {before}: schedule '{job.experiment.schedule.yaml_name}' now spans all epochs; "
        f"the learning rate at step {counters.step + 1} {rate}"
    )


def _changed(checkpoint: Checkpoint, overrides: Sequence[str], allowed: Sequence[str], refusal: str) -> Experiment:
    """The experiment with `overrides`; raises `InputError` for keys that are neither `allowed` nor data locations."""
    before = resolved(from_resolved(checkpoint.config))
    experiment = from_resolved(checkpoint.config, overrides)
    experiment = experiment.model_copy(update={"data": as_typed(experiment.data, overrides)})
    allowed = [*allowed, *(field.key for field in path_fields(experiment.data))]
    refused = [path for path in _differences(before, resolved(experiment)) if path not in allowed]
    if refused:
        raise InputError(*(Problem(refusal, path=path) for path in refused))
    return experiment


def _differences(before: Any, after: Any, path: str = "") -> Iterator[str]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in {**before, **after}:
            below = f"{path}.{key}" if path else str(key)
            yield from _differences(before.get(key), after.get(key), below)
    elif before != after:
        yield path
