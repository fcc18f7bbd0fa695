"""Schedules by epoch: constant, stepwise, exponential."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import Field, PositiveInt, field_validator

from dltool.config.description import by_compat
from dltool.registry import register
from dltool.schedules.schedule import Horizon, Schedule


@register("schedule", "constant")
class Constant(Schedule):
    """The same rate throughout."""

    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """1."""
        return np.ones(len(steps))


@register("schedule", "step", main="every")
class Step(Schedule):
    """Multiplies the rate by a factor every `every` epochs."""

    every: PositiveInt = Field(description="epochs")
    factor: float = Field(default=0.1, gt=0)

    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """factor ^ ⌊epoch / every⌋."""
        return self.factor ** (steps // (self.every * horizon.steps_per_epoch)).astype(np.float64)


@register("schedule", "multistep", main="epochs")
class Multistep(Schedule):
    """Multiplies the rate by a factor after each of the given epochs."""

    epochs: Annotated[tuple[PositiveInt, ...], Field(strict=False, min_length=1)] = Field(
        description="numbers of completed epochs after which the rate changes"
    )
    factor: float = Field(default=0.1, gt=0)

    @field_validator("epochs")
    @classmethod
    def _rise(cls, epochs: tuple[int, ...]) -> tuple[int, ...]:
        if any(later <= earlier for earlier, later in pairwise(epochs)):
            raise ValueError("expected epochs in increasing order")
        return epochs

    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """factor ^ (how many of the epochs are completed)."""
        done = np.searchsorted(self.epochs, steps // horizon.steps_per_epoch, side="right")
        return self.factor ** done.astype(np.float64)


@register("schedule", "exponential", main="factor")
class Exponential(Schedule):
    """Multiplies the rate by a factor per epoch, gradually at every step or at the end of each epoch."""

    factor: float = Field(gt=0)
    staircase: bool = by_compat(False, torch=True, description="change the rate only between epochs")

    def after_warmup(self, steps: np.ndarray, horizon: Horizon) -> np.ndarray:
        """factor ^ epoch."""
        epochs = steps / horizon.steps_per_epoch
        return self.factor ** (np.floor(epochs) if self.staircase else epochs)
