"""Reference cross-entropy: logits and probabilities (B, C), labels (B,) int64, weights (C,), batch_weight ()."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def cross_entropy(
    logits: np.ndarray, labels: np.ndarray, *weighting: np.ndarray, smoothing: float
) -> tuple[np.ndarray, np.ndarray]:
    """(row_loss (B,), probabilities): −Σ q · log softmax(logits), times the sample's weight.

    The target distribution q (B, C) is 1 − smoothing at the label, plus smoothing / C everywhere. The weight is that of
    the label, times batch_weight, as far as they are given.
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    row_loss = -(_target(logits, labels, smoothing) * log_probabilities).sum(axis=-1)
    return row_loss * _sample_weight(logits, labels, *weighting), np.exp(log_probabilities)


def cross_entropy_gradient(
    probabilities: np.ndarray, labels: np.ndarray, *weighting: np.ndarray, smoothing: float, step: StepRecord
) -> np.ndarray:
    """dlogits (B, C) = (probabilities − q) · the sample's weight · scale, with q and weight as in the loss."""
    weight = _sample_weight(probabilities, labels, *weighting) * step.scale
    return (probabilities - _target(probabilities, labels, smoothing)) * weight[:, None]


def batch_weight(labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """scale () = B / Σ weights[labels]; 0 where that sum is 0, so that a batch without weight has no loss."""
    total = weights[labels].sum()
    return np.asarray(len(labels) / total if total > 0 else 0, dtype=weights.dtype)


def _target(like: np.ndarray, labels: np.ndarray, smoothing: float) -> np.ndarray:
    classes = like.shape[-1]
    return np.eye(classes, dtype=like.dtype)[labels] * (1 - smoothing) + smoothing / classes


def _sample_weight(like: np.ndarray, labels: np.ndarray, *weighting: np.ndarray) -> np.ndarray:
    if not weighting:
        return np.ones(len(labels), dtype=like.dtype)
    weights, *batch = weighting
    return weights[labels] * (batch[0] if batch else 1)
