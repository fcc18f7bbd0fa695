"""Reference batch normalization of images: x, y and dy (B, …, C), everything else (C,); n pixels in the batch.

Ioffe and Szegedy, Batch Normalization, 2015.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace
from dltool.kernels.reference.batch_norm import moved

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def batch_moments(
    x: np.ndarray,
    running_mean: np.ndarray,
    running_variance: np.ndarray,
    *,
    eps: float,
    momentum: float,
    unbiased: int,
    step: StepRecord,
) -> tuple[np.ndarray, ...]:
    """(mean, inverse_std, running_mean, running_variance): inverse_std = 1 / √(variance + eps)."""
    xp = namespace(x)
    pixels = tuple(range(x.ndim - 1))
    mean = x.mean(axis=pixels)
    variance = xp.square(x - mean).mean(axis=pixels)
    n = step.rows * prod(x.shape[1:-1])
    running = moved(running_mean, running_variance, mean, variance, n, momentum, unbiased)
    return mean, 1 / xp.sqrt(variance + eps), *running


def normalize(
    x: np.ndarray, mean: np.ndarray, inverse_std: np.ndarray, gain: np.ndarray, bias: np.ndarray
) -> np.ndarray:
    """y = (x − mean) · inverse_std · gain + bias."""
    return (x - mean) * inverse_std * gain + bias


def batch_products(
    dy: np.ndarray, x: np.ndarray, mean: np.ndarray, inverse_std: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(Σ dy, Σ dy · (x − mean) · inverse_std) over the pixels of the batch."""
    pixels = tuple(range(dy.ndim - 1))
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
