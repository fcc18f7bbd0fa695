"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, ValidationInfo, field_validator

from dltool.config.description import by_compat
from dltool.optimizers.optimizer import Optimizer, columns
from dltool.registry import register


@register("optimizer", "sgd", main="lr")
class Sgd(Optimizer):
    """Gradient descent, optionally with momentum or Nesterov momentum."""

    idle: ClassVar = {**Optimizer.idle, "velocity": ("momentum", 0.0)}

    lr: float = by_compat(0.01, torch=0.001, gt=0, description="learning rate before the schedule")
    momentum: float = Field(default=0.0, ge=0, lt=1, description="share of the velocity kept at each step")
    nesterov: bool = False
    velocity: Literal["steps", "gradients"] = by_compat(
        "steps",
        torch="gradients",
        description="what the velocity accumulates: steps, each with the learning rate of its time, or gradients",
    )

    @field_validator("nesterov")
    @classmethod
    def _has_momentum(cls, nesterov: bool, info: ValidationInfo) -> bool:
        if nesterov and info.data.get("momentum") == 0:
            raise ValueError("has no effect without momentum; add momentum: 0.9, or leave it out")
        return nesterov

    @property
    def op(self) -> str:
        """sgd without momentum, which needs no velocity."""
        return "momentum" if self.momentum else "sgd"

    @property
    def slots(self) -> Mapping[str, float]:
        """The velocity."""
        return {"velocity": 0.0} if self.momentum else {}

    @property
    def has_momentum(self) -> bool:
        """Whether momentum is configured."""
        return self.momentum > 0

    @property
    def attributes(self) -> Mapping[str, int]:
        """Whether momentum is Nesterov's."""
        return {"nesterov": int(self.nesterov)} if self.momentum else {}

    def scalars(self, steps: np.ndarray, lr: np.ndarray, momentum: np.ndarray | None = None) -> np.ndarray:
        """lr, factor of the gradient, factor of the velocity, momentum, coupled and decoupled decay."""
        one = np.ones_like(lr)
        enters, leaves = (-lr, one) if self.velocity == "steps" else (one, -lr)
        kept = self.momentum if momentum is None else momentum
        return columns(lr, enters, leaves, kept, *self.decay(lr))
