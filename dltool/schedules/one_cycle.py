"""One cycle: up to the full rate and down to almost nothing."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from dltool.registry import register
from dltool.schedules.schedule import Horizon, Schedule


@register("schedule", "one_cycle")
class OneCycle(Schedule):
    """Rises to the full rate, then falls far below where it began, as in PyTorch (Smith and Topin 2018)."""

    peak: float = Field(default=0.3, ge=0, le=1, description="share of training spent rising")
    start_divisor: float = Field(default=25.0, gt=0, description="the full rate over that of the first step")
    end_divisor: float = Field(default=1e4, gt=0, description="the rate of the first step over that of the last")
    curve: Literal["cosine", "linear"] = "cosine"

    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """Two phases, which meet at the peak."""
        top = self.peak * horizon.steps - 1
        rise = self._between(1 / self.start_divisor, 1.0, steps / (top or 1.0))
        end = 1 / (self.start_divisor * self.end_divisor)
        fall = self._between(1.0, end, (steps - top) / ((horizon.steps - 1 - top) or 1.0))
        return np.where(steps <= top, rise, fall)

    def _between(self, low: float, high: float, progress: np.ndarray) -> np.ndarray:
        progress = np.clip(progress, 0.0, 1.0)
        share = (1 - np.cos(np.pi * progress)) / 2 if self.curve == "cosine" else progress
        return low + (high - low) * share
