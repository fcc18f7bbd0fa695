"""Initializers that do not look at a layer's size: constants, plain distributions, orthogonal matrices."""

from __future__ import annotations

import numpy as np

from dltool.config.description import by_compat
from dltool.layers.initializer import Initializer, normal, truncated_normal, uniform
from dltool.registry import register


@register("initializer", "zeros")
class Zeros(Initializer):
    """All 0."""

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """Zeros."""
        return np.zeros(shape, np.float32)


@register("initializer", "ones")
class Ones(Initializer):
    """All 1."""

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """Ones."""
        return np.ones(shape, np.float32)


@register("initializer", "constant", main="value")
class Constant(Initializer):
    """All the same value."""

    value: float

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """The value everywhere."""
        return np.full(shape, self.value, np.float32)


@register("initializer", "uniform", main="limit")
class Uniform(Initializer):
    """Uniform in ±limit."""

    limit: float = by_compat(0.05, mxnet=0.07, gt=0)

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """±limit."""
        return uniform(shape, self.limit, generator)


@register("initializer", "normal", main="std")
class Normal(Initializer):
    """Normal around 0 with standard deviation std."""

    std: float = by_compat(0.05, torch=1.0, mxnet=0.01, gt=0)

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """Standard deviation std."""
        return normal(shape, self.std, generator)


@register("initializer", "truncated_normal", main="std")
class TruncatedNormal(Initializer):
    """Normal with standard deviation std, drawn again where further than 2 std from 0."""

    std: float = by_compat(0.05, torch=1.0, gt=0, description="before the cut; 0.88 of it remains")

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """Within ±2 std."""
        return truncated_normal(shape, self.std, generator)


@register("initializer", "orthogonal", main="gain")
class Orthogonal(Initializer):
    """Orthonormal rows or columns, whichever are fewer, times gain (Saxe et al. 2014)."""

    gain: float = by_compat(1.0, mxnet=1.414, gt=0)

    def values(self, shape: tuple[int, ...], fan_in: int, fan_out: int, generator: np.random.Generator) -> np.ndarray:
        """All axes but the last count as rows."""
        rows, columns = int(np.prod(shape[:-1])), shape[-1]
        q, r = np.linalg.qr(generator.standard_normal((max(rows, columns), min(rows, columns))))
        # with the signs of the diagonal every orthogonal matrix is equally likely (Mezzadri 2007)
        q = q * np.sign(np.diag(r))
        return (self.gain * (q if rows >= columns else q.T)).reshape(shape).astype(np.float32)
