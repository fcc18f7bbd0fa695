"""Reference focal cross-entropies: of classes, with labels (B,) int64, and of labels, with targets (B, k)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.activation import sigmoid
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


def binary_focal(
    logits: np.ndarray, targets: np.ndarray, *weights: np.ndarray, gamma: float
) -> tuple[np.ndarray, np.ndarray]:
    """(row_loss (B,), probabilities): mean over k of w · q^gamma · l.

    l = −t log p − (1 − t) log(1 − p), and q = p + t − 2pt:
    q is 1 − the probability of the target, 0 or 1; the weight is 1 + (w − 1) · t, or 1 where none are given.
    """
    xp = namespace(logits)
    probabilities = sigmoid(logits)
    loss = xp.maximum(logits, 0) - logits * targets + xp.log1p(xp.exp(-xp.abs(logits)))
    # of the smaller one of p and 1 − p, which the other would lose
    rest = probabilities * (1 - targets) + sigmoid(-logits) * targets
    return (_positive_weight(targets, *weights) * rest**gamma * loss).mean(axis=-1), probabilities


def binary_focal_gradient(
    probabilities: np.ndarray, targets: np.ndarray, *weights: np.ndarray, gamma: float, step: StepRecord
) -> np.ndarray:
    """dlogits (B, k) = w · q^gamma · (p − t + gamma · l / q · (1 − 2t) · p · (1 − p)) / k · scale.

    Where q is nearly 0, l / q is nearly 1.
    """
    xp = namespace(probabilities)
    p, other = probabilities, 1 - probabilities
    loss = -targets * xp.log(xp.maximum(p, LEAST)) - (1 - targets) * xp.log(xp.maximum(other, LEAST))
    rest = p * (1 - targets) + other * targets
    ratio = xp.where(rest > LEAST, loss / xp.maximum(rest, LEAST), 1)
    slope = p - targets + gamma * ratio * (1 - 2 * targets) * p * other
    return _positive_weight(targets, *weights) * rest**gamma * slope * (step.scale / targets.shape[-1])


def _positive_weight(targets: np.ndarray, *weights: np.ndarray) -> np.ndarray | float:
    return 1 + (weights[0] - 1) * targets if weights else 1.0


def _one_hot(like: np.ndarray, labels: np.ndarray) -> np.ndarray:
    xp = namespace(like)
    return (labels[:, None] == xp.arange(like.shape[-1])).astype(like.dtype)


def _weight(loss: np.ndarray, labels: np.ndarray, *weights: np.ndarray) -> np.ndarray:
    """The weight of each label (B,); 1 where none are given."""
    xp = namespace(loss)
    return weights[0][labels] if weights else xp.ones_like(loss)
