"""Initializers whose spread follows from the number of a unit's inputs and outputs, in each framework's form.

glorot: Glorot and Bengio 2010; he: He et al. 2015; lecun: LeCun et al. 1998.
"""

from __future__ import annotations

from math import sqrt
from typing import Literal

import numpy as np
from pydantic import Field

from dltool.config.description import by_compat
from dltool.layers.initializer import Initializer, normal, truncated_normal, uniform
from dltool.registry import register

#: standard deviation of a standard normal distribution cut at ±2
CUT_STD = 0.87962566103423978


def _normal(shape: tuple[int, ...], variance: float, truncated: bool, generator: np.random.Generator) -> np.ndarray:
    # the wider distribution has the wanted variance once it is cut
    return (
        truncated_normal(shape, sqrt(variance) / CUT_STD, generator)
        if truncated
        else normal(shape, sqrt(variance), generator)
    )


TRUNCATED = "cut the distribution at two standard deviations and widen it to keep its variance"


@register("initializer", "glorot_uniform")
class GlorotUniform(Initializer):
    """Uniform with variance 2 / (inputs + outputs); also called Xavier."""

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """±√(6 / (fan_in + fan_out))."""
        return uniform(shape, sqrt(6 / (fan_in + fan_out)), generator)


@register("initializer", "glorot_normal")
class GlorotNormal(Initializer):
    """Normal with variance scale · 2 / (inputs + outputs); also called Xavier."""

    scale: float = by_compat(1.0, mxnet=3.0, gt=0)
    truncated: bool = by_compat(True, torch=False, mxnet=False, description=TRUNCATED)

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """Standard deviation √(2 scale / (fan_in + fan_out))."""
        return _normal(shape, 2 * self.scale / (fan_in + fan_out), self.truncated, generator)


@register("initializer", "he_uniform")
class HeUniform(Initializer):
    """Uniform with variance 2 / inputs, for relu; also called Kaiming."""

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """±√(6 / fan_in)."""
        return uniform(shape, sqrt(6 / fan_in), generator)


@register("initializer", "he_normal")
class HeNormal(Initializer):
    """Normal with variance scale / fan, for relu; also called Kaiming."""

    scale: float = by_compat(2.0, mxnet=2 / 1.0625, gt=0, description="MXNet allows for a slope of 0.25")
    fan: Literal["inputs", "average"] = by_compat(
        "inputs", mxnet="average", description="what the variance is divided by: inputs, or mean of inputs and outputs"
    )
    truncated: bool = by_compat(True, torch=False, mxnet=False, description=TRUNCATED)

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """Standard deviation √(scale / fan)."""
        fan = fan_in if self.fan == "inputs" else (fan_in + fan_out) / 2
        return _normal(shape, self.scale / fan, self.truncated, generator)


@register("initializer", "lecun_uniform")
class LecunUniform(Initializer):
    """Uniform with variance 1 / inputs, for selu and tanh."""

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """±√(3 / fan_in)."""
        return uniform(shape, sqrt(3 / fan_in), generator)


@register("initializer", "lecun_normal")
class LecunNormal(Initializer):
    """Normal with variance 1 / inputs, for selu and tanh."""

    truncated: bool = Field(default=True, description=TRUNCATED)

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """Standard deviation √(1 / fan_in)."""
        return _normal(shape, 1 / fan_in, self.truncated, generator)


@register("initializer", "torch_uniform")
class TorchUniform(Initializer):
    """Uniform with variance 1 / (3 · inputs): PyTorch's default for weights and biases."""

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """±1 / √fan_in."""
        return uniform(shape, 1 / sqrt(fan_in), generator)
