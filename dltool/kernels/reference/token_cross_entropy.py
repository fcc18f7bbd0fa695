"""Reference cross-entropy of sequences: logits and probabilities (B, T, C), labels (B, T) int32."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def token_cross_entropy(
    logits: np.ndarray, labels: np.ndarray, *, smoothing: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(row_loss (B,), probabilities, scores (B, 3)): −Σ q · log softmax(logits) over the positions that count."""
    xp = namespace(logits)
    largest = logits.max(axis=-1, keepdims=True)
    shifted = logits - largest
    log_probabilities = shifted - xp.log(xp.exp(shifted).sum(axis=-1, keepdims=True))
    one_hot, counts = _one_hot(logits, labels), _counts(logits, labels)
    target = one_hot * (1 - smoothing) + (smoothing / logits.shape[-1]) * counts[..., None].astype(logits.dtype)
    hits = counts & ((logits >= largest) & (one_hot > 0)).any(axis=-1)
    losses = -xp.where(target != 0, target * log_probabilities, 0 * target).sum(axis=(1, 2))
    plain = -xp.where(one_hot != 0, log_probabilities, 0 * one_hot).sum(axis=(1, 2))
    scores = [plain, counts.sum(axis=1).astype(logits.dtype), hits.sum(axis=1).astype(logits.dtype)]
    return losses, xp.exp(log_probabilities), xp.stack(scores, axis=-1)


def token_cross_entropy_gradient(
    probabilities: np.ndarray, labels: np.ndarray, *, smoothing: float, step: StepRecord
) -> np.ndarray:
    """dlogits (B, T, C) = (probabilities − q) · scale where a position counts, else 0."""
    xp = namespace(probabilities)
    target = _one_hot(probabilities, labels) * (1 - smoothing) + smoothing / probabilities.shape[-1]
    slopes = (probabilities - target) * step.scale
    return xp.where(_counts(probabilities, labels)[..., None], slopes, xp.zeros((), slopes.dtype)).astype(slopes.dtype)


def _counts(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(B, T): whether a position counts."""
    return (labels >= 0) & (labels < scores.shape[-1])


def _one_hot(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(B, T, C): 1 at the label of a position that counts."""
    xp = namespace(scores)
    return (labels[..., None] == xp.arange(scores.shape[-1])).astype(scores.dtype)
