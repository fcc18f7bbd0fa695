"""Lion."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from dltool.config.description import by_compat
from dltool.optimizers.optimizer import Optimizer, columns
from dltool.registry import register


@register("optimizer", "lion", main="lr")
class Lion(Optimizer):
    """Steps of equal size along the sign of a running mean gradient (Chen et al. 2023)."""

    lr: float = by_compat(1e-4, keras=1e-3, gt=0, description="learning rate before the schedule")
    # PyTorch and MXNet have no lion; they use the paper's decay
    decoupled: bool = Field(default=True, description="decay shrinks parameters by lr · weight_decay")
    beta1: float = Field(default=0.9, ge=0, lt=1, description="weight of the mean gradient in the step's direction")
    beta2: float = Field(default=0.99, ge=0, lt=1, description="share of the mean gradient kept at each step")

    @property
    def op(self) -> str:
        """The op of the same name."""
        return "lion"

    @property
    def slots(self) -> Mapping[str, float]:
        """The running mean of the gradient."""
        return {"m": 0.0}

    def scalars(self, steps: np.ndarray, lr: np.ndarray, momentum: np.ndarray | None = None) -> np.ndarray:
        """lr, both betas, coupled and decoupled decay."""
        return columns(lr, self.beta1, self.beta2, *self.decay(lr))
