"""Where a run stands: the few numbers that, beside the arrays, make a resumed run the same as an unbroken one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from dltool.training.checkpoint import section

_PLATEAU = "plateau/"


@dataclass
class Counters:
    """Changed by the trainer only."""

    step: int = 0  # updates done
    epoch: int = 0  # epochs completed
    update: int = 0  # updates done in the running epoch
    seconds: float = 0.0  # spent training and evaluating, over all interruptions
    epoch_seconds: float = 0.0  # the running epoch's share
    best_value: float = math.nan  # of the monitored figure
    best_epoch: int = 0
    stop_value: float = math.nan  # best of the figure that early stopping watches
    waited: int = 0  # epochs since it last improved
    log_bytes: int = 0  # length of metrics.jsonl
    plateau: dict[str, float] = field(default_factory=dict)  # state of the plateau schedule

    @property
    def multiplier(self) -> float:
        """What the plateau schedule has made of the learning rate."""
        return self.plateau.get("multiplier", 1.0)

    def arrays(self) -> dict[str, np.ndarray]:
        """One array without axes for each number, by its name."""
        numbers = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "plateau"}
        numbers |= {_PLATEAU + name: float(value) for name, value in self.plateau.items()}
        return {name: np.asarray(value) for name, value in numbers.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Counters:
        """The counters that gave `arrays`."""
        numbers = {one.name: arrays[one.name].item() for one in fields(cls) if one.name != "plateau"}
        plateau = {name: array.item() for name, array in section(arrays, _PLATEAU).items()}
        return cls(**numbers, plateau=plateau)
