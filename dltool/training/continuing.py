"""Going on with a run: what of its config may change, and what a change of its length does to the learning rate."""

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
    hint = (
        f"may change: {', '.join(MAY_CHANGE)}, and where the data is; for a new training from these parameters: "
        "dltool train --init-from"
    )
    return _changed(checkpoint, overrides, MAY_CHANGE, f"cannot change while a run goes on; {hint}")


def follow_data(run: RunDirectory, experiment: Experiment) -> None:
    """Write down in the best checkpoint, too, where the data of a run is now."""
    if not run.best.exists():
        return
    best, data = decode(run.best), resolved(experiment)["data"]
    if best.config["data"] != data:
        save(replace(best, config={**best.config, "data": data}), run.best)


def relocated(checkpoint: Checkpoint, overrides: Sequence[str]) -> Checkpoint:
    """The same with its data elsewhere; raises `InputError` where `overrides` would change more than that."""
    experiment = _changed(checkpoint, overrides, (), "cannot change any more; only where the data is can")
    return replace(checkpoint, config=resolved(experiment))


@contextmanager
def hinting_at_moved_data(command: str) -> Iterator[None]:
    """Adds to problems with the files of a checkpoint how to say in a `command` where they are now."""
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
    """Raise `InputError` where the data is not what the run was trained on."""
    if job.dataset.fingerprint == checkpoint.fingerprint:
        return
    message = "the data has changed since this run began"
    if fields := path_fields(job.experiment.data):
        message = f"{message}; if it lies elsewhere now: --set {fields[0].key}=PATH"
    raise InputError(Problem(f"{message}; to train on with the new data: dltool train --init-from", path="data"))


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


def _changed(checkpoint: Checkpoint, overrides: Sequence[str], allowed: Sequence[str], refusal: str) -> Experiment:
    """The experiment with what `allowed` names changed, or with its data elsewhere; raises `InputError` for more."""
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
