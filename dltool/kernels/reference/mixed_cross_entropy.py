"""Reference cross-entropy of mixed samples: logits and probabilities (B, C), labels and others (B,), share (B, 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.cross_entropy import cross_entropy, cross_entropy_gradient

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def mixed_cross_entropy(
    logits: np.ndarray,
    labels: np.ndarray,
    others: np.ndarray,
    share: np.ndarray,
    *weights: np.ndarray,
    smoothing: float,
    each_class: int,
) -> tuple[np.ndarray, np.ndarray]:
    """(row_loss (B,), probabilities): share · loss with labels + (1 − share) · loss with others."""
    own, probabilities = cross_entropy(logits, labels, *weights, smoothing=smoothing, each_class=each_class)
    other, _ = cross_entropy(logits, others, *weights, smoothing=smoothing, each_class=each_class)
    return share[:, 0] * own + (1 - share[:, 0]) * other, probabilities


def mixed_cross_entropy_gradient(
    probabilities: np.ndarray,
    labels: np.ndarray,
    others: np.ndarray,
    share: np.ndarray,
    *weights: np.ndarray,
    smoothing: float,
    each_class: int,
    step: StepRecord,
) -> np.ndarray:
    """dlogits (B, C): share · that with labels + (1 − share) · that with others."""
    own = cross_entropy_gradient(probabilities, labels, *weights, smoothing=smoothing, each_class=each_class, step=step)
    other = cross_entropy_gradient(
        probabilities, others, *weights, smoothing=smoothing, each_class=each_class, step=step
    )
    return share * own + (1 - share) * other
