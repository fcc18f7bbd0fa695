"""Sums of batch normalization of images: x and dy (B, …, C), those of samples (B, C), everything else (C,).

Moments are sums of differences from one element, which is as exact as differences from the mean unless that element
lies far off, and takes one pass over the data instead of two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax
from jax import numpy as jnp

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord

#: pixels of a sample that are better added one by one: XLA sums columns in tiles of 32 rows
FEW = 16


def sample_moments(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(mean, squares) over the pixels of each sample: squares = Σ (x − mean)²."""
    return _mean_and_squares(x.reshape(len(x), -1, x.shape[-1]), axis=1)


def batch_moments(
    means: jax.Array,
    squares: jax.Array,
    running_mean: jax.Array,
    running_variance: jax.Array,
    *,
    pixels: int,
    eps: float,
    momentum: float,
    unbiased: int,
    step: StepRecord,
) -> tuple[jax.Array, ...]:
    """(mean, inverse_std, running_mean, running_variance) of the n = samples · pixels: 1 / √(variance + eps)."""
    n = step.rows * pixels
    mean, between = _mean_and_squares(means, axis=0)
    variance = (squares.sum(axis=0) + pixels * between) / n
    correction = n / max(n - 1, 1) if unbiased else 1
    new_mean = running_mean * (1 - momentum) + mean * momentum
    new_variance = running_variance * (1 - momentum) + variance * correction * momentum
    return mean, 1 / jnp.sqrt(variance + eps), new_mean, new_variance


def sample_products(
    dy: jax.Array, x: jax.Array, mean: jax.Array, inverse_std: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """(Σ dy, Σ dy · (x − mean) · inverse_std) over the pixels of each sample."""
    dy, x = (each.reshape(len(dy), -1, dy.shape[-1]) for each in (dy, x))
    return _sum(dy, axis=1), _sum(dy * ((x - mean) * inverse_std), axis=1)


def _mean_and_squares(x: jax.Array, axis: int) -> tuple[jax.Array, jax.Array]:
    """The mean along an axis, and Σ (x − mean)²."""
    first = jax.lax.index_in_dim(x, 0, axis, keepdims=False)
    away = x - jnp.expand_dims(first, axis)
    total = _sum(away, axis)
    squares = _sum(jnp.square(away), axis) - total**2 / x.shape[axis]
    return first + total / x.shape[axis], jnp.maximum(squares, 0)


def _sum(x: jax.Array, axis: int) -> jax.Array:
    """The sum along an axis."""
    if axis == 1 and x.shape[1] <= FEW:
        return sum((x[:, pixel] for pixel in range(1, x.shape[1])), start=x[:, 0])
    return x.sum(axis=axis)
