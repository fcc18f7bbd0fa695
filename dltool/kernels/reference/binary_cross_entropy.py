"""Reference binary cross-entropy: logits, probabilities and targets (B, k)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.activations import sigmoid

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def binary_cross_entropy(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(row_loss (B,), probabilities): mean over k of −t log p − (1 − t) log(1 − p), in a form that cannot overflow."""
    loss = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
    return loss.mean(axis=-1), sigmoid(logits)


def binary_cross_entropy_gradient(probabilities: np.ndarray, targets: np.ndarray, *, step: StepRecord) -> np.ndarray:
    """dlogits (B, k) = (probabilities − targets) / k · scale."""
    return (probabilities - targets) * (step.scale / targets.shape[-1])
