"""Plateau: the one schedule that looks at how training goes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt

from dltool.config.description import by_compat
from dltool.registry import register
from dltool.schedules.schedule import Horizon, Schedule


@register("schedule", "plateau")
class Plateau(Schedule):
    """Multiplied by a factor whenever the monitored figure has stopped improving.

    What it knows is a small mapping, kept by whoever trains: `start()` makes it, `after_epoch` gives the next one, and
    its "multiplier" scales the rate beside `multiplier()`.
    """

    factor: float = Field(default=0.1, gt=0, lt=1)
    patience: PositiveInt = by_compat(
        10,
        torch=11,
        description="epochs without improvement before the rate falls (PyTorch's patience of 10 is 11 here)",
    )
    min_delta: float = Field(default=1e-4, ge=0, description="a smaller gain than this is none")
    relative: bool = by_compat(False, torch=True, description="min_delta is a share of the best figure")
    cooldown: NonNegativeInt = Field(
        default=0, description="epochs after a fall in which none are counted (Keras' cooldown of 3 is 2 here)"
    )
    floor: float = Field(default=0.0, ge=0, lt=1, description="share of the rate that always remains")

    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """1: the epochs' results decide the rest."""
        return np.ones(len(steps))

    def start(self) -> dict[str, float]:
        """What is known before the first epoch."""
        return {"multiplier": 1.0, "waited": 0.0, "cooldown": 0.0}

    def after_epoch(self, state: Mapping[str, float], value: float, *, higher_is_better: bool) -> dict[str, float]:
        """What is known after an epoch in which the monitored figure was `value`."""
        cools = state["cooldown"] > 0
        following = {**state, "cooldown": max(state["cooldown"] - 1, 0.0)}
        if self._improves(state.get("best"), value, higher_is_better):
            return {**following, "best": value, "waited": 0.0}
        waited = 0.0 if cools else state["waited"] + 1
        if waited < self.patience:
            return {**following, "waited": waited}
        multiplier = max(state["multiplier"] * self.factor, self.floor)
        return {**following, "multiplier": multiplier, "waited": 0.0, "cooldown": float(self.cooldown)}

    def _improves(self, best: float | None, value: float, higher_is_better: bool) -> bool:
        if best is None:
            return value == value  # not NaN
        delta = self.min_delta * (abs(best) if self.relative else 1.0)
        return value > best + delta if higher_is_better else value < best - delta
