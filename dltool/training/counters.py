"""The progress of a run: the few numbers that, with the arrays, let a resumed run equal an uninterrupted one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from dltool.training.checkpoint import section

_PLATEAU = "plateau/"


@dataclass
class Counters:
    """Progress counters; only the trainer changes them."""

    step: int = 0  # updates done
    epoch: int = 0  # epochs completed
    update: int = 0  # updates done in the current epoch
    seconds: float = 0.0  # spent on training and evaluating, without interruptions
    epoch_seconds: float = 0.0  # of these, in the current epoch
    best_value: float = math.nan  # of the monitored metric
    best_epoch: int = 0
    stop_value: float = math.nan  # best value of the early-stopping metric
    waited: int = 0  # epochs since `stop_value` improved
    threshold: float = math.nan  # of the decision between two classes, tuned after the last epoch; NaN: none
    log_bytes: int = 0  # length of metrics.jsonl
    plateau: dict[str, float] = field(default_factory=dict)  # state of the plateau schedule

    @property
    def multiplier(self) -> float:
        """The plateau schedule's factor of the learning rate."""
        return self.plateau.get("multiplier", 1.0)

    def arrays(self) -> dict[str, np.ndarray]:
        """The counters as 0-d arrays by name."""
        numbers = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "plateau"}
        numbers |= {_PLATEAU + name: float(value) for name, value in self.plateau.items()}
        return {name: np.asarray(value) for name, value in numbers.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Counters:
        """The inverse of `arrays`."""
        numbers = {one.name: arrays[one.name].item() for one in fields(cls) if one.name in arrays}
        plateau = {name: array.item() for name, array in section(arrays, _PLATEAU).items()}
        return cls(**numbers, plateau=plateau)
