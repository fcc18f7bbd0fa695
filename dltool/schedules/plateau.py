"""Plateau: the only schedule that reacts to how training goes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt

from dltool.config.description import by_compat
from dltool.registry import register
from dltool.schedules.schedule import Horizon, Schedule


@register("schedule", "plateau")
class Plateau(Schedule):
    """Multiplies the rate by a factor whenever the monitored metric has stopped improving.

    Its state is a small mapping that the trainer keeps: `start()` creates it, `after_epoch` returns the next one, and
    its "multiplier" scales the rate on top of `multiplier()`.
    """

    factor: float = Field(default=0.1, gt=0, lt=1)
    patience: PositiveInt = by_compat(
        10,
        torch=11,
        description="epochs without improvement before the rate is reduced (PyTorch's patience of 10 is 11 here)",
    )
    min_delta: float = Field(default=1e-4, ge=0, description="smaller improvements do not count")
    relative: bool = by_compat(False, torch=True, description="min_delta is relative to the best value")
    cooldown: NonNegativeInt = Field(
        default=0, description="epochs after a reduction that are not counted (Keras's cooldown of 3 is 2 here)"
    )
    floor: float = Field(default=0.0, ge=0, lt=1, description="smallest share of the learning rate")

    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """1: the state multiplies the rate."""
        return np.ones(len(steps))

    def start(self) -> dict[str, float]:
        """The state before the first epoch."""
        return {"multiplier": 1.0, "waited": 0.0, "cooldown": 0.0}

    def after_epoch(self, state: Mapping[str, float], value: float, *, higher_is_better: bool) -> dict[str, float]:
        """The state after an epoch in which the monitored metric was `value`."""
        cooling = state["cooldown"] > 0
        new = {**state, "cooldown": max(state["cooldown"] - 1, 0.0)}
        if self._improves(state.get("best"), value, higher_is_better):
            return {**new, "best": value, "waited": 0.0}
        waited = 0.0 if cooling else state["waited"] + 1
        if waited < self.patience:
            return {**new, "waited": waited}
        multiplier = max(state["multiplier"] * self.factor, self.floor)
        return {**new, "multiplier": multiplier, "waited": 0.0, "cooldown": float(self.cooldown)}

    def _improves(self, best: float | None, value: float, higher_is_better: bool) -> bool:
        if best is None:
            return value == value  # not NaN
        delta = self.min_delta * (abs(best) if self.relative else 1.0)
        return value > best + delta if higher_is_better else value < best - delta
