"""Reference binary cross-entropy: logits, probabilities and targets (B, k), weights (k,)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.activation import sigmoid
from dltool.kernels.reference.arrays import namespace

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def binary_cross_entropy(
    logits: np.ndarray, targets: np.ndarray, *weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(row_loss (B,), probabilities): mean over k of −w t log p − (1 − t) log(1 − p), in a form that cannot overflow.

    The weight w is 1 where none are given.
    """
    xp = namespace(logits)
    rest = xp.log1p(xp.exp(-xp.abs(logits)))
    loss = xp.maximum(logits, 0) - logits * targets + rest
    for weight in weights:
        loss = loss + (weight - 1) * targets * (xp.maximum(-logits, 0) + rest)
    return loss.mean(axis=-1), sigmoid(logits)


def binary_cross_entropy_gradient(
    probabilities: np.ndarray, targets: np.ndarray, *weights: np.ndarray, step: StepRecord
) -> np.ndarray:
    """dlogits (B, k) = (p − t + (w − 1) t (p − 1)) / k · scale, with p the probabilities."""
    slope = probabilities - targets
    for weight in weights:
        slope = slope + (weight - 1) * targets * (probabilities - 1)
    return slope * (step.scale / targets.shape[-1])
