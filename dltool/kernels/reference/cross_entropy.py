"""Reference cross-entropy: logits and probabilities (B, C), labels (B,) int64, weights (C,)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def cross_entropy(
    logits: np.ndarray, labels: np.ndarray, *weights: np.ndarray, smoothing: float, each_class: int
) -> tuple[np.ndarray, np.ndarray]:
    """(row_loss (B,), probabilities): −Σ q · w · log softmax(logits), with q · w as `_target` says."""
    xp = namespace(logits)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_probabilities = shifted - xp.log(xp.exp(shifted).sum(axis=-1, keepdims=True))
    target = _target(logits, labels, *weights, smoothing=smoothing, each_class=each_class)
    return -(target * log_probabilities).sum(axis=-1), xp.exp(log_probabilities)


def cross_entropy_gradient(
    probabilities: np.ndarray,
    labels: np.ndarray,
    *weights: np.ndarray,
    smoothing: float,
    each_class: int,
    step: StepRecord,
) -> np.ndarray:
    """dlogits (B, C) = (probabilities · Σ q · w − q · w) · scale."""
    target = _target(probabilities, labels, *weights, smoothing=smoothing, each_class=each_class)
    return (probabilities * target.sum(axis=-1, keepdims=True) - target) * step.scale


def _target(
    like: np.ndarray, labels: np.ndarray, *weights: np.ndarray, smoothing: float, each_class: int
) -> np.ndarray:
    """q · w (B, C): q is 1 − smoothing at the label, plus smoothing / C everywhere; w is 1 where none are given.

    All of a row has the weight of its label, or with `each_class` each class its own, as in PyTorch.
    """
    xp = namespace(like)
    classes = like.shape[-1]
    one_hot = (labels[:, None] == xp.arange(classes)).astype(like.dtype)
    target = one_hot * (1 - smoothing) + smoothing / classes
    for weight in weights:
        target = target * (weight if each_class else weight[labels][:, None])
    return target
