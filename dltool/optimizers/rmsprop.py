"""RMSprop."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.config.description import by_compat
from dltool.optimizers.optimizer import Optimizer, columns
from dltool.registry import register


@register("optimizer", "rmsprop", main="lr")
class RmsProp(Optimizer):
    """Steps divided by the root of a running mean of squared gradients (Tieleman and Hinton 2012)."""

    lr: float = by_compat(0.001, torch=0.01, mxnet=0.01, gt=0, description="learning rate before the schedule")
    rho: float = by_compat(0.9, torch=0.99, ge=0, lt=1, description="share of the mean square kept at each step")
    epsilon: float = by_compat(1e-7, torch=1e-8, mxnet=1e-8, ge=0)
    epsilon_inside: bool = by_compat(True, torch=False, description="epsilon is added before the root is taken")

    @property
    def op(self) -> str:
        """The op of the same name."""
        return "rmsprop"

    @property
    def slots(self) -> Mapping[str, float]:
        """The running mean of the squared gradient."""
        return {"v": 0.0}

    def scalars(self, steps: np.ndarray, lr: np.ndarray, momentum: np.ndarray | None = None) -> np.ndarray:
        """lr, rho, epsilon inside and outside the root, coupled and decoupled decay."""
        inside, outside = (self.epsilon, 0.0) if self.epsilon_inside else (0.0, self.epsilon)
        return columns(lr, self.rho, inside, outside, *self.decay(lr))
