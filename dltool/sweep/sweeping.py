"""Runs a sweep: gives trials to workers, records what they tell, and starts again what was cut off."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import nan
from pathlib import Path
from typing import Any, Protocol

from dltool.config.experiment import Experiment
from dltool.config.loading import resolved
from dltool.errors import DltoolError, InputError, RunError
from dltool.sweep.folder import SweepFolder
from dltool.sweep.messages import Broken, Done, Epoch, Failed, Look, Looked, Reply, Train
from dltool.sweep.study import Claim, Ended, Study
from dltool.sweep.team import Team, Worker, WorkerDiedError

#: seconds between looks at whether to stop
GLANCE = 0.2
#: workers that may die on a trial before it counts as failed
DEATHS = 2
#: trials that may fail before one succeeds
FAILURES = 3


class Watcher(Protocol):
    """What a sweep tells about itself."""

    def looked(self, found: Looked) -> None:
        """The config as written can be trained."""

    def began(self, claim: Claim) -> None:
        """A trial begins, or goes on."""

    def epoch(self, claim: Claim, epoch: int, value: float) -> None:
        """A trial has ended an epoch."""

    def ended(self, claim: Claim, ended: Ended | None, *, best: bool) -> None:
        """A trial has ended; None if it was stopped and can go on."""

    def warn(self, text: str) -> None:
        """Something has gone wrong, but the sweep goes on."""


Variant = Callable[[Mapping[str, Any]], Experiment]


@dataclass
class Sweeping:
    """This process's share of a sweep."""

    folder: SweepFolder
    study: Study
    variant: Variant  # the experiment with the values of a trial; raises InputError if they do not fit together
    folders: Sequence[Path]  # base folders of relative paths
    threads: int  # of each worker
    watcher: Watcher
    stopping: Callable[[], bool]
    on_best: Callable[[], None]  # there is a new best trial
    _failures: int = field(default=0, init=False)

    def run(self, team: Team[Claim], workers: int) -> None:
        """Run trials until none is left to begin, or it is to stop."""
        stopped = False
        for _ in range(workers - len(team.workers)):
            team.hire()
        for worker in team.workers:
            self._next(worker)
        while any(worker.work for worker in team.workers):
            if self.stopping() and not stopped:
                stopped = True
                team.stop()
            for worker in team.speaking(GLANCE):
                self._hear(worker, team)

    def _hear(self, worker: Worker[Claim], team: Team[Claim]) -> None:
        claim = worker.work
        try:
            message = worker.receive()
        except WorkerDiedError as error:
            team.dismiss(worker)
            if claim:
                self._died(claim, error, team)
            return
        assert claim is not None  # who has nothing to do says nothing
        match message:
            case Epoch(epoch, value):
                value = nan if value is None else value
                prune = self.study.report(claim, epoch, value)
                worker.send(Reply(prune))
                self.watcher.epoch(claim, epoch, value)
                return
            case Done(None):
                self.study.release(claim)
                self.watcher.ended(claim, None, best=False)
            case Done(Ended() as ended):
                self._finish(claim, ended)
            case Failed(problems):
                self._fail(claim, InputError(*problems))
            case Broken(problems, code):
                raise _error(problems, code)
        self._next(worker)

    def _next(self, worker: Worker[Claim]) -> None:
        """Give a worker the next trial; nothing if there is none, or if the sweep is to stop."""
        worker.work = None
        while not self.stopping() and (claim := self.study.claim()):
            try:
                config = resolved(self.variant(claim.values))
            except InputError as error:
                self._fail(claim, error)
                continue
            self._begin(worker, claim, config)
            return

    def _begin(self, worker: Worker[Claim], claim: Claim, config: dict[str, Any]) -> None:
        config["train"]["threads"] = self.threads
        root = self.folder.trial(claim.number).root
        worker.begin(Train(config, [str(folder) for folder in self.folders], str(root)), claim)
        self.watcher.began(claim)

    def _finish(self, claim: Claim, ended: Ended) -> None:
        """Record the end of a trial. Only the best keeps its checkpoints: those of all would fill the disk."""
        before = self.study.best
        self.study.finish(claim, ended)
        best = self.study.best
        is_best = best is not None and best.number == claim.number
        self.watcher.ended(claim, ended, best=is_best)
        if not is_best:
            self._forget(claim.number)
        else:
            if before:
                self._forget(before.number)
            self.on_best()

    def _forget(self, trial: int) -> None:
        for file in self.folder.trial(trial).last.parent.glob("*.safetensors"):
            file.unlink(missing_ok=True)

    def _fail(self, claim: Claim, error: DltoolError) -> None:
        """Record a trial that cannot be run; raises the error if none can."""
        self._failures += 1
        self._finish(claim, Ended("failed", message=str(error.problems[0])))
        if self._failures >= FAILURES and not any(trial.epochs for trial in self.study.trials):
            raise error

    def _died(self, claim: Claim, error: WorkerDiedError, team: Team[Claim]) -> None:
        """Start the trial of a dead worker again with another one, but not forever."""
        if self.stopping():
            self.study.release(claim)
            return
        claim.deaths += 1
        if claim.deaths >= DEATHS:
            self._fail(claim, error)
            self._next(team.hire())
        else:
            self.watcher.warn(f"trial {claim.number} starts again: {error}")
            self._begin(team.hire(), claim, resolved(self.variant(claim.values)))


def look(worker: Worker[Claim], config: Mapping[str, Any], folders: Sequence[Path]) -> Looked:
    """Let a worker open the config as written; raises its InputError if it cannot be trained."""
    worker.begin(Look(config, [str(folder) for folder in folders]))
    match worker.receive():
        case Failed(problems):
            raise InputError(*problems)
        case Broken(problems, code):
            raise _error(problems, code)
        case found:
            return found


def share_of_cores(threads: int | str, device: str, workers: int | None, trials: int | None) -> tuple[int, int]:
    """The number of workers and the threads of each: a core for each trial, unless the config says otherwise."""
    cores = len(os.sched_getaffinity(0))
    if workers is None:
        workers = 1 if device != "cpu" else max(1, cores // (threads if isinstance(threads, int) else 1))
    workers = max(1, min(workers, trials or workers))
    return workers, threads if isinstance(threads, int) else max(1, cores // workers)


def _error(problems: Sequence[Any], code: int) -> DltoolError:
    return InputError(*problems) if code == InputError.exit_code else RunError(*problems)
