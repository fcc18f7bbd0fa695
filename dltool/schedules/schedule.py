"""The interface of schedules: pure functions of the step that scale the optimizer's learning rate.

Steps are parameter updates, counted from 0. A schedule keeps no state between steps, so any range of steps can be
planned at once, and a resumed run uses the same rates.
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
    """The planned length of a training."""

    steps_per_epoch: int
    epochs: int

    @property
    def steps(self) -> int:
        """Steps of the whole training."""
        return self.steps_per_epoch * self.epochs


class Schedule(Description):
    """How the learning rate changes during training, after a warm-up if there is one."""

    idle: ClassVar = {"from_zero": ("warmup_epochs", 0.0)}

    warmup_epochs: float = Field(
        default=0.0, ge=0, description="epochs over which the rate rises linearly from 0; may be a fraction"
    )
    from_zero: bool = by_compat(
        False,
        keras=True,
        description="the first warm-up step has a rate of 0; otherwise the rate has already risen by one step",
    )

    @abstractmethod
    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """Factors (n,) for `steps` (n,), without the warm-up."""

    def multiplier(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """Factors (n,) of the optimizer's learning rate for `steps` (n,), in float64."""
        warmup = self.warmup_steps(horizon)
        risen = np.minimum((steps + (0.0 if self.from_zero else 1.0)) / warmup, 1.0) if warmup else 1.0
        return risen * self.after_warmup(steps, horizon)

    def momentum(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray | None:
        """Momentum (n,) at each of `steps` (n,), or None to keep the optimizer's own."""
        return None

    def warmup_steps(self, horizon: Horizon) -> int:
        """Number of warm-up steps."""
        return round(self.warmup_epochs * horizon.steps_per_epoch)

    def progress(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """Progress (n,) from 0, at the end of the warm-up, to 1, at the end of training."""
        warmup = self.warmup_steps(horizon)
        return np.clip((steps - warmup) / max(horizon.steps - warmup, 1), 0.0, 1.0)
