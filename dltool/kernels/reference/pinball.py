"""Reference pinball loss: prediction and targets (B, k), levels (k,) between 0 and 1; e = targets − prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def pinball(prediction: np.ndarray, targets: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """row_loss (B,) = mean over k of max(levels · e, (levels − 1) · e) (Koenker and Bassett, 1978)."""
    xp = namespace(prediction)
    errors = targets - prediction
    return xp.maximum(levels * errors, (levels - 1) * errors).mean(axis=-1)


def pinball_gradient(
    prediction: np.ndarray, targets: np.ndarray, levels: np.ndarray, *, step: StepRecord
) -> np.ndarray:
    """dprediction (B, k) = −levels where e > 0, 1 − levels where e < 0, 0 where e is 0, / k · scale."""
    xp = namespace(prediction)
    errors = targets - prediction
    slope = xp.where(errors > 0, -levels, xp.where(errors < 0, 1 - levels, errors))  # NaN stays
    return slope * (step.scale / targets.shape[-1])
