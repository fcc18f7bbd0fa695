"""Schedules that decay smoothly to a floor at the end of training."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from dltool.config.description import Block, by_compat
from dltool.registry import register
from dltool.schedules.schedule import Horizon, Schedule

FLOOR = "share of the learning rate that remains at the end"


class Restarts(Block):
    """Warm restarts: the decay starts again from the full rate, over longer periods (Loshchilov and Hutter 2017)."""

    period: float = Field(gt=0, description="epochs until the first restart")
    multiplier: float = Field(default=1.0, ge=1, description="ratio of each period's length to the previous one")

    def progress(self, epochs: np.ndarray) -> np.ndarray:
        """Progress within the current period, from 0 to 1, for each of `epochs` (n,) since the end of the warm-up."""
        bounds = [0.0]
        period = self.period
        while bounds[-1] <= epochs.max(initial=0.0):
            bounds.append(bounds[-1] + period)
            period *= self.multiplier
        index = np.searchsorted(bounds, epochs, side="right")
        starts, ends = np.take(bounds, index - 1), np.take(bounds, index)
        return (epochs - starts) / (ends - starts)


@register("schedule", "cosine")
class Cosine(Schedule):
    """Cosine decay, once or with warm restarts."""

    floor: float = Field(default=0.0, ge=0, le=1, description=FLOOR)
    restarts: Restarts | None = Field(default=None, description="without restarts one decay takes the whole training")

    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """floor + (1 − floor) · (1 + cos(π progress)) / 2."""
        if self.restarts:
            since_warmup = np.maximum(steps - self.warmup_steps(horizon), 0)
            progress = self.restarts.progress(since_warmup / horizon.steps_per_epoch)
        else:
            progress = self.progress(steps, horizon)
        return self.floor + (1 - self.floor) * (1 + np.cos(np.pi * progress)) / 2


@register("schedule", "linear")
class Linear(Schedule):
    """Linear decay."""

    floor: float = Field(default=0.0, ge=0, le=1, description=FLOOR)

    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """floor + (1 − floor) · (1 − progress)."""
        return self.floor + (1 - self.floor) * (1 - self.progress(steps, horizon))


@register("schedule", "polynomial", main="power")
class Polynomial(Schedule):
    """Polynomial decay: a power of the share of training that is left."""

    power: float = by_compat(2.0, keras=1.0, torch=1.0, gt=0)
    floor: float = Field(default=0.0, ge=0, le=1, description=FLOOR)

    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """floor + (1 − floor) · (1 − progress) ^ power."""
        return self.floor + (1 - self.floor) * (1 - self.progress(steps, horizon)) ** self.power
