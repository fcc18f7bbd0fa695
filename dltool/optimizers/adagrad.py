"""Adagrad."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.config.description import by_compat
from dltool.optimizers.optimizer import Optimizer, columns
from dltool.registry import register


@register("optimizer", "adagrad", main="lr")
class Adagrad(Optimizer):
    """Steps divided by the root of the sum of all squared gradients (Duchi et al. 2011)."""

    lr: float = by_compat(0.001, torch=0.01, mxnet=0.01, gt=0, description="learning rate before the schedule")
    # MXNet's other optimizers add the decay to the gradient; its adagrad does not
    decoupled: bool = by_compat(True, torch=False, description="decay shrinks parameters by lr · weight_decay")
    initial_accumulator_value: float = by_compat(0.1, torch=0.0, mxnet=0.0, ge=0, description="initial sum of squares")
    epsilon: float = by_compat(1e-7, torch=1e-10, ge=0)
    epsilon_inside: bool = by_compat(True, torch=False, description="epsilon is added before the root is taken")

    @property
    def op(self) -> str:
        """The op of the same name."""
        return "adagrad"

    @property
    def slots(self) -> Mapping[str, float]:
        """The sum of squared gradients."""
        return {"sum": self.initial_accumulator_value}

    def scalars(self, steps: np.ndarray, lr: np.ndarray, momentum: np.ndarray | None = None) -> np.ndarray:
        """lr, epsilon inside and outside the root, coupled and decoupled decay."""
        inside, outside = (self.epsilon, 0.0) if self.epsilon_inside else (0.0, self.epsilon)
        return columns(lr, inside, outside, *self.decay(lr))
