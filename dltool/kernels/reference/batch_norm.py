"""Reference batch normalization: x, y, dy and normalized (B, …, C), everything else (C,); n rows in the batch.

Ioffe and Szegedy, Batch Normalization, 2015.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def batch_norm(
    x: np.ndarray,
    gain: np.ndarray,
    bias: np.ndarray,
    running_mean: np.ndarray,
    running_variance: np.ndarray,
    *,
    eps: float,
    momentum: float,
    unbiased: int,
    step: StepRecord,
) -> tuple[np.ndarray, ...]:
    """(y, normalized, inverse_std, running_mean, running_variance): y = normalized · gain + bias over the n rows.

    normalized = (x − mean) / √(variance + eps).
    """
    xp = namespace(x)
    n = step.rows * prod(x.shape[1:-1])
    rows = tuple(range(x.ndim - 1))
    mean = x.mean(axis=rows)
    variance = xp.square(x - mean).mean(axis=rows)
    inverse_std = 1 / xp.sqrt(variance + eps)
    normalized = (x - mean) * inverse_std
    running = moved(running_mean, running_variance, mean, variance, n, momentum, unbiased)
    return normalized * gain + bias, normalized, inverse_std, *running


def moved(
    running_mean: np.ndarray,
    running_variance: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    n: int,
    momentum: float,
    unbiased: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Running statistics, moved to those of n rows: running · (1 − momentum) + statistic · momentum.

    `unbiased` 1 multiplies the variance by n / (n − 1).
    """
    correction = n / max(n - 1, 1) if unbiased else 1
    new_mean = running_mean * (1 - momentum) + mean * momentum
    return new_mean, running_variance * (1 - momentum) + variance * correction * momentum


def batch_norm_gradient(
    dy: np.ndarray, normalized: np.ndarray, inverse_std: np.ndarray, gain: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(dx, dgain, dbias): dbias = Σ dy, dgain = Σ dy · normalized over the n rows.

    dx = gain · inverse_std · (dy − dbias / n − normalized · dgain / n).
    """
    rows = tuple(range(dy.ndim - 1))
    n = dy.size // dy.shape[-1]
    dbias = dy.sum(axis=rows)
    dgain = (dy * normalized).sum(axis=rows)
    return gain * inverse_std * (dy - dbias / n - normalized * (dgain / n)), dgain, dbias


def batch_norm_inference(
    x: np.ndarray,
    gain: np.ndarray,
    bias: np.ndarray,
    running_mean: np.ndarray,
    running_variance: np.ndarray,
    *,
    eps: float,
) -> np.ndarray:
    """y = (x − running_mean) / √(running_variance + eps) · gain + bias."""
    xp = namespace(x)
    return (x - running_mean) / xp.sqrt(running_variance + eps) * gain + bias
