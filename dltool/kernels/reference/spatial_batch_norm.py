"""Reference batch normalization of images: x, y and dy (B, …, C), moments of samples (B, C), everything else (C,).

Ioffe and Szegedy, Batch Normalization, 2015; samples are put together as in Chan, Golub and LeVeque, Updating formulae
and a pairwise algorithm for computing sample variances, 1979.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def sample_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(mean, squares) over the pixels of each sample: squares = Σ (x − mean)²."""
    xp = namespace(x)
    pixels = x.reshape(len(x), -1, x.shape[-1])
    mean = pixels.mean(axis=1)
    return mean, xp.square(pixels - mean[:, None]).sum(axis=1)


def batch_moments(
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

    variance = (Σ squares + pixels · Σ (means − mean)²) / n; running = running · (1 − momentum) + statistic · momentum,
    where `unbiased` 1 multiplies the running variance's share by n / (n − 1).
    """
    xp = namespace(means)
    n = step.rows * pixels
    mean = means.mean(axis=0)
    variance = (squares.sum(axis=0) + pixels * xp.square(means - mean).sum(axis=0)) / n
    correction = n / max(n - 1, 1) if unbiased else 1
    new_mean = running_mean * (1 - momentum) + mean * momentum
    new_variance = running_variance * (1 - momentum) + variance * correction * momentum
    return mean, 1 / xp.sqrt(variance + eps), new_mean, new_variance


def normalize(
    x: np.ndarray, mean: np.ndarray, inverse_std: np.ndarray, gain: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    """y = (x − mean) · inverse_std · gain + bias."""
    return (x - mean) * inverse_std * gain + bias


def sample_products(
    dy: np.ndarray, x: np.ndarray, mean: np.ndarray, inverse_std: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(Σ dy, Σ dy · (x − mean) · inverse_std) over the pixels of each sample."""
    pixels = tuple(range(1, dy.ndim - 1))
    return dy.sum(axis=pixels), (dy * ((x - mean) * inverse_std)).sum(axis=pixels)


def normalize_gradient(
    dy: np.ndarray,
    x: np.ndarray,
    mean: np.ndarray,
    inverse_std: np.ndarray,
    gain: np.ndarray,
    dgain: np.ndarray,
    dbias: np.ndarray,
    *,
    step: StepRecord,
) -> np.ndarray:
    """dx = gain · inverse_std · (dy − dbias / n − (x − mean) · inverse_std · dgain / n) over the batch's n pixels."""
    n = step.rows * prod(dy.shape[1:-1])
    normalized = (x - mean) * inverse_std
    return gain * inverse_std * (dy - dbias / n - normalized * (dgain / n))
