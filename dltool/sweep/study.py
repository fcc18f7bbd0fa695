"""The trials of a sweep: each is claimed by one process, reports its epochs, and is finished once.

The processes that work on a sweep share its folder and nothing else. A trial belongs to whoever holds its lock. One
that nobody holds and that has not ended was cut off, and is claimed again under its number.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from dltool.config.sweep import Sweep, pruning_of, seconds_in
from dltool.errors import RunError
from dltool.sweep.folder import Lock, SweepFolder
from dltool.sweep.journal import open_journal
from dltool.sweep.search import draw, given_sampler, kept, make_pruner, make_sampler, value_of
from dltool.sweep.space import Space
from dltool.training.monitor import Monitor

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

#: trials of a sweep that says neither how many nor how long
TRIALS = 30
#: trials from which on it can be said what mattered
ENOUGH = 10
#: trials that are the good ones then, at least: what a few have in common may be chance
GOOD_TRIALS = 12
#: draws until values that were tried before are left to chance no more
ATTEMPTS = 20


@dataclass(frozen=True)
class Ended:
    """How a trial ended."""

    reason: str  # finished, early_stopping, pruned, diverged, failed
    value: float = nan  # of its best epoch
    epoch: int = 0  # the best one
    epochs: int = 0
    seconds: float = 0.0
    message: str = ""  # of a failure


@dataclass(frozen=True)
class Trial:
    """A trial as the study knows it."""

    number: int
    values: Mapping[str, Any]
    ended: Ended | None  # None while it runs
    reached: float  # the best value so far; NaN before the first epoch has ended
    curve: Sequence[tuple[float, float]]  # the value after each epoch

    @property
    def epochs(self) -> int:
        """The epochs that have ended."""
        return int(self.curve[-1][0]) if self.curve else 0

    @property
    def complete(self) -> bool:
        """Whether it ran to its end and can be the best."""
        return (
            self.ended is not None and self.ended.reason in ("finished", "early_stopping") and not isnan(self.reached)
        )


@dataclass
class Claim:
    """A trial that this process runs."""

    number: int
    values: Mapping[str, Any]
    lock: Lock
    again: bool = False  # it was cut off before
    deaths: int = 0  # of workers that ran it


class Study:
    """All trials of a sweep."""

    def __init__(self, folder: SweepFolder, sweep: Sweep, space: Space, monitor: Monitor, *, epochs: int, seed: int):
        import optuna

        self._folder, self._sweep, self._space, self.monitor = folder, sweep, space, monitor
        self._seed = seed
        self._grid = space.grid() if sweep.method == "grid" else None
        self._claims = folder.lock("claims")
        self._study = optuna.create_study(
            storage=open_journal(folder),
            study_name="sweep",
            direction="maximize" if monitor.higher_is_better else "minimize",
            pruner=make_pruner(pruning_of(sweep), epochs),
            load_if_exists=True,
        )
        self._began = time.monotonic()
        frozen = self._study.get_trials(deepcopy=False)
        self._spent = max((one.user_attrs.get("elapsed", 0.0) for one in frozen), default=0.0)  # in processes before

    @property
    def _points(self) -> int | None:
        """How many trials differ from each other, and from the config as written; None if any number does."""
        possible = self._space.every if self._grid is None else self._grid
        return None if possible is None else len(possible) + 1

    @property
    def more(self) -> tuple[str, str] | None:
        """The key of the limit that has ended this sweep, and twice its value; None where all values were tried."""
        if self.out_of_time:
            assert self._sweep.time is not None
            return "time", f"{2 * seconds_in(self._sweep.time):g}s"
        count = len(self.trials)
        return None if self._points is not None and count >= self._points else ("trials", str(2 * count))

    @property
    def limit(self) -> int | None:
        """The number of trials; None if only time limits them."""
        wanted = self._sweep.trials
        if wanted is None and self._grid is None and self._sweep.time is None:
            wanted = TRIALS
        return min((one for one in (wanted, self._points) if one is not None), default=None)

    @property
    def trials(self) -> list[Trial]:
        """All trials by number."""
        return [self._trial(frozen) for frozen in self._study.get_trials(deepcopy=False)]

    @property
    def best(self) -> Trial | None:
        """The trial with the best value; None before one is complete."""
        found = None
        for trial in self.trials:
            if trial.complete and (found is None or self.monitor.improves(trial.reached, found.reached)):
                found = trial
        return found

    @property
    def out_of_time(self) -> bool:
        """Whether no more trials begin."""
        return self._sweep.time is not None and self._elapsed >= seconds_in(self._sweep.time)

    @property
    def _elapsed(self) -> float:
        """Seconds that the sweep has taken, without interruptions."""
        return self._spent + time.monotonic() - self._began

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to begin, and nothing that runs."""
        trials = self.trials
        full = self.limit is not None and len(trials) >= self.limit
        return (full or self.out_of_time) and all(trial.ended for trial in trials)

    def claim(self) -> Claim | None:
        """A trial to run: one that was cut off, else a new one; None if there is nothing left to begin."""
        with self._claims.held():
            for trial in self.trials:
                if trial.ended is None and (lock := self._locked(trial.number)):
                    return self._claimed(self._existing(trial.number), trial.number, lock, again=True)
            count = len(self.trials)
            if (self.limit is not None and count >= self.limit) or self.out_of_time:
                return None
            values = self._new_values(count)
            asked = self._study.ask()
            lock = self._locked(asked.number)
            self._study.sampler = self._giving(values)
            claim = lock and self._claimed(asked, asked.number, lock)
        if claim is None:
            raise RunError(
                f"the lock of trial {asked.number} is held, though it is new; does this file system lock files?"
            )
        return claim

    def report(self, claim: Claim, epoch: int, value: float) -> bool:
        """Record the value of an epoch; returns whether to stop the trial. The config as written is never stopped."""
        if isnan(value):
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an epoch that is repeated after a restart was reported before
            trial = self._existing(claim.number)
            trial.report(value, epoch)
            return claim.number > 0 and trial.should_prune()

    def finish(self, claim: Claim, ended: Ended) -> None:
        """Record how a trial ended."""
        from optuna.trial import TrialState

        trial = self._existing(claim.number)
        for name in ("reason", "epoch", "epochs", "seconds", "message"):
            trial.set_user_attr(name, getattr(ended, name))
        trial.set_user_attr("elapsed", round(self._elapsed, 3))
        if ended.reason in ("finished", "early_stopping") and not isnan(ended.value):
            self._study.tell(claim.number, ended.value)
        else:  # a diverged trial counts as a bad one, one that cannot run not at all
            failed = ended.reason not in ("pruned", "diverged")
            self._study.tell(claim.number, state=TrialState.FAIL if failed else TrialState.PRUNED)
        self.release(claim)

    def release(self, claim: Claim) -> None:
        """Leave a trial, finished or for another process."""
        claim.lock.release()

    def importances(self) -> dict[str, float]:
        """The share of each key in what makes trials good, largest first; empty if there are too few to say.

        Pruned trials count with the value that they had reached: leaving them out would leave out the bad values.
        """
        import optuna

        frozen = self._study.get_trials(deepcopy=False)
        known = [
            (one, trial.reached) for one, trial in zip(frozen, self.trials, strict=True) if not isnan(trial.reached)
        ]
        known = [(one, value) for one, value in known if one.params]
        if len(known) < ENOUGH:
            return {}
        with warnings.catch_warnings(), suppress(ValueError, RuntimeError):
            warnings.simplefilter("ignore")
            flat = optuna.create_study(direction=self._study.direction)
            for one, value in known:
                trial = optuna.trial.create_trial(params=one.params, distributions=one.distributions, value=value)
                flat.add_trial(trial)
            good = min(max(GOOD_TRIALS / len(known), 0.1), 0.5)
            evaluator = optuna.importance.PedAnovaImportanceEvaluator(target_quantile=good)
            return optuna.importance.get_param_importances(flat, evaluator=evaluator)
        return {}

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        return {one.key: one.domain for one in self._space.parameters}

    def _locked(self, number: int) -> Lock | None:
        lock = self._folder.lock(f"trial-{number:03d}")
        return lock if lock.try_acquire() else None

    def _existing(self, number: int) -> optuna.Trial:
        import optuna

        self._study.sampler = self._sampler(number)
        identity = next(one._trial_id for one in self._study.get_trials(deepcopy=False) if one.number == number)
        return optuna.Trial(self._study, identity)

    def _sampler(self, number: int) -> Any:
        if self._grid is None:
            return make_sampler(self._sweep.method, self._seed, number)
        return self._giving(self._grid[number - 1] if 0 < number <= len(self._grid) else {})

    def _giving(self, values: Mapping[str, Any]) -> Any:
        return given_sampler({key: kept(self._parameters[key], value) for key, value in values.items()})

    def _new_values(self, number: int) -> dict[str, Any]:
        """Values for a new trial that no trial has had: training with them again would give the same."""
        import optuna

        if number == 0:
            return {}
        if self._grid is not None:
            return self._grid[number - 1]
        trials, values = self.trials, {}
        tried = [trial.values for trial in trials if trial.number]
        copy = optuna.create_study(direction=self._study.direction)
        copy.add_trials(self._study.get_trials(deepcopy=False))
        for attempt in range(ATTEMPTS):
            copy.sampler = make_sampler(self._sweep.method, self._seed, number, attempt)
            trial = copy.ask()
            values = self._space.drawn(partial(draw, trial))
            if values not in tried:
                return values
            copy.tell(trial, state=optuna.trial.TrialState.FAIL)
        return next((point for point in self._space.every or () if point not in tried), values)

    def _claimed(self, trial: optuna.Trial, number: int, lock: Lock, *, again: bool = False) -> Claim:
        """The claim, with its values: none for the first trial, which is the config as written."""
        values = self._space.drawn(lambda parameter: draw(trial, parameter)) if number else {}
        return Claim(number, values, lock, again)

    def _trial(self, frozen: FrozenTrial) -> Trial:
        values = {key: value_of(self._parameters[key], one) for key, one in frozen.params.items()}
        reported = frozen.intermediate_values
        best = (max if self.monitor.higher_is_better else min)(reported.values(), default=nan)
        about = {name: frozen.user_attrs.get(name) for name in ("reason", "epoch", "epochs", "seconds", "message")}
        ended = None
        if frozen.state.is_finished():
            known = {name: value for name, value in about.items() if value is not None}
            ended = Ended(**{"reason": "failed", **known}, value=nan if frozen.value is None else frozen.value)
        value = ended.value if ended and isnan(best) else best
        return Trial(
            frozen.number, values, ended, value, sorted((float(epoch), one) for epoch, one in reported.items())
        )
