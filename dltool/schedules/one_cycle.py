"""One cycle: up to the full learning rate and down to almost nothing."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from dltool.config.description import by_compat
from dltool.registry import register
from dltool.schedules.schedule import Horizon, Schedule


@register("schedule", "one_cycle")
class OneCycle(Schedule):
    """Rises to the full rate, then decays far below where it began (Smith and Topin 2018).

    The rates are those of PyTorch; `cycle_momentum` adds its momentum cycle.
    """

    idle: ClassVar = {
        **Schedule.idle,
        "high_momentum": ("cycle_momentum", False),
        "low_momentum": ("cycle_momentum", False),
    }

    peak: float = Field(default=0.3, ge=0, le=1, description="share of training spent rising")
    start_divisor: float = Field(default=25.0, gt=0, description="ratio of the full rate to the first step's rate")
    end_divisor: float = Field(default=1e4, gt=0, description="ratio of the first step's rate to the last step's")
    curve: Literal["cosine", "linear"] = "cosine"
    cycle_momentum: bool = by_compat(
        False,
        torch=True,
        description="the momentum (Adam's beta1) falls while the rate rises, and rises while it falls",
    )
    high_momentum: float = Field(default=0.95, ge=0, lt=1, description="momentum at both ends of the cycle")
    low_momentum: float = Field(default=0.85, ge=0, lt=1, description="momentum at the full rate")

    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """Two phases, which meet at the peak."""
        return self._cycle(1 / self.start_divisor, 1.0, 1 / (self.start_divisor * self.end_divisor), steps, horizon)

    def momentum(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray | None:
        """The same two phases in the opposite direction."""
        if not self.cycle_momentum:
            return None
        return self._cycle(self.high_momentum, self.low_momentum, self.high_momentum, steps, horizon)

    def _cycle(self, start: float, peak: float, end: float, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        top = self.peak * horizon.steps - 1
        before = self._between(start, peak, steps / (top or 1.0))
        after = self._between(peak, end, (steps - top) / ((horizon.steps - 1 - top) or 1.0))
        return np.where(steps <= top, before, after)

    def _between(self, low: float, high: float, progress: np.ndarray) -> np.ndarray:
        progress = np.clip(progress, 0.0, 1.0)
        share = (1 - np.cos(np.pi * progress)) / 2 if self.curve == "cosine" else progress
        return low + (high - low) * share
