"""Decisions from an epoch's metrics: the best epoch, early stopping, and the plateau schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dltool.config.experiment import Experiment
from dltool.schedules.plateau import Plateau
from dltool.training.counters import Counters
from dltool.training.monitor import Monitor, find_monitor

Results = Mapping[str, Mapping[str, Any]]


class Judge:
    """The rules of one experiment; their state is in the counters."""

    def __init__(self, experiment: Experiment):
        self._epochs = experiment.train.epochs
        self._stopping = experiment.early_stopping
        self._plateau = experiment.schedule if isinstance(experiment.schedule, Plateau) else None
        loss = "validation.loss" if "validation" in experiment.data.parts else "train.loss"
        stop = self._stopping.monitor if self._stopping else loss
        metrics = experiment.metrics
        self._loss = find_monitor(loss, metrics)
        self._stop = find_monitor(stop, metrics)
        self.best = find_monitor(stop if self.restores_best else experiment.monitor, metrics)

    @property
    def watched(self) -> dict[str, Monitor]:
        """The metrics that decide something, by their config key."""
        best = "early_stopping.monitor" if self.restores_best else "train.monitor"
        return {
            **({"early_stopping.monitor": self._stop} if self._stopping else {}),
            **({"schedule": self._loss} if self._plateau else {}),
            best: self.best,
        }

    @property
    def restores_best(self) -> bool:
        """Whether training ends with the parameters of its best epoch."""
        return self._stopping is not None and self._stopping.restore_best

    def after_epoch(self, results: Results, counters: Counters) -> bool:
        """Bring the counters up to the epoch just completed; returns whether it is the best so far."""
        value = self.best.value(results)
        best = self.best.improves(value, counters.best_value)
        if best:
            counters.best_value, counters.best_epoch = value, counters.epoch
        if self._stopping:
            value = self._stop.value(results)
            if self._stop.improves(value, counters.stop_value, self._stopping.min_delta):
                counters.stop_value, counters.waited = value, 0
            else:
                counters.waited += 1
        if self._plateau:
            state = counters.plateau or self._plateau.start()
            value = self._loss.value(results)
            counters.plateau = self._plateau.after_epoch(state, value, higher_is_better=False)
        return best

    def reason_to_end(self, counters: Counters) -> str | None:
        """Why training ends now: "finished", "early_stopping", or None to continue."""
        if counters.epoch >= self._epochs:
            return "finished"
        if self._stopping and counters.waited and counters.waited >= self._stopping.patience:
            return "early_stopping"
        return None
