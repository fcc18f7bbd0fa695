"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from dltool.config.description import by_compat
from dltool.optimizers.optimizer import Optimizer, columns
from dltool.registry import register


@register("optimizer", "adam", main="lr")
class Adam(Optimizer):
    """Steps scaled by running means of the gradient and its square (Kingma and Ba 2015)."""

    lr: float = by_compat(0.001, mxnet=0.01, gt=0, description="learning rate before the schedule")
    beta1: float = Field(default=0.9, ge=0, lt=1, description="share of the mean gradient kept at each step")
    beta2: float = Field(default=0.999, ge=0, lt=1, description="share of the mean square kept at each step")
    epsilon: float = by_compat(1e-8, keras=1e-7, ge=0, description="added to the root of the mean square")
    correct_first: bool = by_compat(
        False, torch=True, description="add epsilon after the bias correction of the mean square"
    )
    single_precision: bool = by_compat(
        False, keras=True, description="compute bias corrections in float32, where β₂ᵗ loses digits near 1"
    )

    @property
    def op(self) -> str:
        """The op shared by adam and adamw."""
        return "adam"

    @property
    def slots(self) -> Mapping[str, float]:
        """The running means of the gradient and of its square."""
        return {"m": 0.0, "v": 0.0}

    @property
    def has_momentum(self) -> bool:
        """Schedules cycle beta1, as in PyTorch."""
        return True

    def scalars(self, steps: np.ndarray, lr: np.ndarray, momentum: np.ndarray | None = None) -> np.ndarray:
        """Step size, factor of the root mean square, beta1, 1 − beta1, beta2, 1 − beta2, epsilon, both decays."""
        number = np.float32 if self.single_precision else np.float64
        done = (steps + 1).astype(number)
        beta1 = self.beta1 if momentum is None else momentum
        mean = 1 - np.power(np.asarray(beta1, number), done)
        root = np.sqrt(1 - np.power(number(self.beta2), done))
        rate = lr.astype(number)
        size, factor = (rate / mean, 1 / root) if self.correct_first else (rate * root / mean, 1.0)
        betas = (beta1, 1 - beta1, self.beta2, 1 - self.beta2)
        return columns(size, factor, *betas, self.epsilon, *self.decay(lr))


@register("optimizer", "adamw", main="lr")
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

    weight_decay: float = by_compat(0.004, torch=0.01, ge=0, description="pull of parameters towards 0")
    decoupled: bool = Field(default=True, description="false turns this into adam")
