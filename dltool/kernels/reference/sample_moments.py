"""Reference moments of samples: x and dy (B, …, C), those of samples (B, C), everything else (C,).

Put together as in Chan, Golub and LeVeque, Updating formulae and a pairwise algorithm for computing sample variances,
1979.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace
from dltool.kernels.reference.batch_norm import moved

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def sample_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(mean, squares) over the pixels of each sample: squares = Σ (x − mean)²."""
    xp = namespace(x)
    pixels = x.reshape(len(x), -1, x.shape[-1])
    mean = pixels.mean(axis=1)
    return mean, xp.square(pixels - mean[:, None]).sum(axis=1)


def combined_moments(
    means: np.ndarray,
    squares: np.ndarray,
    running_mean: np.ndarray,
    running_variance: np.ndarray,
    *,
    pixels: int,
    eps: float,
    momentum: float,
    unbiased: int,
    step: StepRecord,
) -> tuple[np.ndarray, ...]:
    """(mean, inverse_std, running_mean, running_variance) of the n = samples · pixels: 1 / √(variance + eps).

    variance = (Σ squares + pixels · Σ (means − mean)²) / n.
    """
    xp = namespace(means)
    n = step.rows * pixels
    mean = means.mean(axis=0)
    variance = (squares.sum(axis=0) + pixels * xp.square(means - mean).sum(axis=0)) / n
    running = moved(running_mean, running_variance, mean, variance, n, momentum, unbiased)
    return mean, 1 / xp.sqrt(variance + eps), *running


def sample_products(
    dy: np.ndarray, x: np.ndarray, mean: np.ndarray, inverse_std: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(Σ dy, Σ dy · (x − mean) · inverse_std) over the pixels of each sample."""
    pixels = tuple(range(1, dy.ndim - 1))
    return dy.sum(axis=pixels), (dy * ((x - mean) * inverse_std)).sum(axis=pixels)
