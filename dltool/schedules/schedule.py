"""The contract of schedules: pure functions of the step that scale the optimizer's learning rate.

Steps are updates of the parameters, counted from 0. Nothing is remembered from one to the next, so any stretch of
training can be planned at once and a resumed run meets the same rates.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import Field

from dltool.config.description import Description, by_compat


@dataclass(frozen=True)
class Horizon:
    """How long a training is meant to be."""

    steps_per_epoch: int
    epochs: int

    @property
    def steps(self) -> int:
        """Of the whole training."""
        return self.steps_per_epoch * self.epochs


class Schedule(Description):
    """How the learning rate changes during training, after a warm-up if there is one."""

    idle: ClassVar = {"from_zero": ("warmup_epochs", 0.0)}

    warmup_epochs: float = Field(
        default=0.0, ge=0, description="the rate first rises from 0 in a straight line; fractions of an epoch count too"
    )
    from_zero: bool = by_compat(
        False, keras=True, description="the first step of the warm-up has a rate of 0; else it is one step up already"
    )

    @abstractmethod
    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """Factors (n,) for `steps` (n,), without regard to the warm-up's rise."""

    def multiplier(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """What the optimizer's learning rate is multiplied by, in float64, for each of `steps` (n,)."""
        warmup = self.warmup_steps(horizon)
        risen = np.minimum((steps + (0.0 if self.from_zero else 1.0)) / warmup, 1.0) if warmup else 1.0
        return risen * self.after_warmup(steps, horizon)

    def momentum(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray | None:
        """What takes the place of the optimizer's momentum at each of `steps` (n,); None: nothing."""
        return None

    def warmup_steps(self, horizon: Horizon) -> int:
        """Steps until the rate is up."""
        return round(self.warmup_epochs * horizon.steps_per_epoch)

    def progress(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """How far between the end of the warm-up, 0, and that of training, 1."""
        warmup = self.warmup_steps(horizon)
        return np.clip((steps - warmup) / max(horizon.steps - warmup, 1), 0.0, 1.0)
