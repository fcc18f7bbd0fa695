"""Reference focal cross-entropy: logits and probabilities (B, C), labels (B,) int64, weights (C,)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord

#: the smallest probability that a logarithm is taken of
LEAST = 1e-37


def focal(logits: np.ndarray, labels: np.ndarray, *weights: np.ndarray, gamma: float) -> tuple[np.ndarray, np.ndarray]:
    """(row_loss (B,), probabilities): w · (1 − p)^gamma · l, with l = −log p of the label and p = e⁻ˡ."""
    xp = namespace(logits)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities = shifted - xp.log(xp.exp(shifted).sum(axis=-1, keepdims=True))
    loss = -xp.take_along_axis(log_probabilities, labels[:, None], axis=-1)[:, 0]
    focused = _weight(loss, labels, *weights) * (-xp.expm1(-loss)) ** gamma * loss
    return focused, xp.exp(log_probabilities)


def focal_gradient(
    probabilities: np.ndarray, labels: np.ndarray, *weights: np.ndarray, gamma: float, step: StepRecord
) -> np.ndarray:
    """dlogits (B, C) = w · (1 − p)^gamma · (1 + gamma · p · l / (1 − p)) · (probabilities − one-hot) · scale.

    Where p is nearly 1, l / (1 − p) is nearly 1.
    """
    xp = namespace(probabilities)
    one_hot = _one_hot(probabilities, labels)
    p, rest = (probabilities * one_hot).sum(axis=-1), (probabilities * (1 - one_hot)).sum(axis=-1)
    sure = rest < 0.5
    loss = -xp.where(sure, xp.log1p(-xp.where(sure, rest, 0)), xp.log(xp.maximum(p, LEAST)))
    ratio = xp.where(rest > LEAST, loss / xp.maximum(rest, LEAST), 1)
    slope = _weight(loss, labels, *weights) * rest**gamma * (1 + gamma * p * ratio)
    return slope[:, None] * (probabilities - one_hot) * step.scale


def _one_hot(like: np.ndarray, labels: np.ndarray) -> np.ndarray:
    xp = namespace(like)
    return (labels[:, None] == xp.arange(like.shape[-1])).astype(like.dtype)


def _weight(loss: np.ndarray, labels: np.ndarray, *weights: np.ndarray) -> np.ndarray:
    """The weight of each label (B,); 1 where none are given."""
    xp = namespace(loss)
    return weights[0][labels] if weights else xp.ones_like(loss)
