"""The metric that decides about the best epoch, early stopping, or the plateau schedule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.errors import InputError, Problem
from dltool.metrics.metric import Metric, by_name


@dataclass(frozen=True)
class Monitor:
    """A metric of a part, such as validation.accuracy, and its direction."""

    name: str
    higher_is_better: bool

    @property
    def part(self) -> str:
        """The part of the data."""
        return self.name.partition(".")[0]

    @property
    def metric(self) -> str:
        """ "loss", or the name of a metric."""
        return self.name.partition(".")[2]

    def value(self, results: Mapping[str, Mapping[str, Any]]) -> float:
        """The value in an epoch's results by part; NaN if undefined."""
        return results[self.part][self.metric]

    def improves(self, value: float, best: float, min_delta: float = 0.0) -> bool:
        """Whether `value` beats `best`, which is NaN before the first epoch."""
        if math.isnan(value) or math.isnan(best):
            return not math.isnan(value)
        return value > best + min_delta if self.higher_is_better else value < best - min_delta


def find_monitor(name: str, metrics: Sequence[Metric]) -> Monitor:
    """The monitor of a configured metric; raises `InputError` if the metric is not a single number."""
    better = {"loss": "lower"} | {name: metric.better for name, metric in by_name(metrics).items()}
    direction = better[name.partition(".")[2]]
    if direction is None:
        raise InputError(
            Problem(f"'{name}' is not a single number; choose another metric, such as the loss", path="train.monitor")
        )
    return Monitor(name, direction == "higher")
