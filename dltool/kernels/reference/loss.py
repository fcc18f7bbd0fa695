"""Reference regression losses: prediction and targets (B, k), row_loss (B,); e = prediction − targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def mse(prediction: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """row_loss = mean over k of e²."""
    xp = namespace(prediction)
    return xp.square(prediction - targets).mean(axis=-1)


def mse_gradient(prediction: np.ndarray, targets: np.ndarray, *, step: StepRecord) -> np.ndarray:
    """dprediction (B, k) = 2 · e / k · scale."""
    return (prediction - targets) * (2 * step.scale / targets.shape[-1])


def mae(prediction: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """row_loss = mean over k of |e|."""
    xp = namespace(prediction)
    return xp.abs(prediction - targets).mean(axis=-1)


def mae_gradient(prediction: np.ndarray, targets: np.ndarray, *, step: StepRecord) -> np.ndarray:
    """dprediction (B, k) = sign(e) / k · scale, 0 where e is 0."""
    xp = namespace(prediction)
    return xp.sign(prediction - targets) * (step.scale / targets.shape[-1])


def huber(prediction: np.ndarray, targets: np.ndarray, *, delta: float) -> np.ndarray:
    """row_loss = mean over k of e² / 2 where |e| ≤ delta, else delta · (|e| − delta / 2) (Huber, 1964)."""
    xp = namespace(prediction)
    distance = xp.abs(prediction - targets)
    loss = xp.where(distance <= delta, xp.square(distance) / 2, delta * (distance - delta / 2))
    return loss.mean(axis=-1)


def huber_gradient(prediction: np.ndarray, targets: np.ndarray, *, delta: float, step: StepRecord) -> np.ndarray:
    """dprediction (B, k) = e, limited to ±delta, / k · scale."""
    xp = namespace(prediction)
    return xp.clip(prediction - targets, -delta, delta) * (step.scale / targets.shape[-1])


def mean_loss(row_loss: np.ndarray, *weights: np.ndarray, step: StepRecord) -> np.ndarray:
    """loss () = Σ row_loss · scale, row_loss (B,); with weights (B, 1), Σ row_loss · weight · scale."""
    xp = namespace(row_loss)
    if weights:
        row_loss = row_loss * weights[0][:, 0]
    return xp.asarray(row_loss.sum() * step.scale)
