"""Reference loss of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def mean_loss(row_loss: np.ndarray, *, step: StepRecord) -> np.ndarray:
    """loss () = Σ row_loss · scale, row_loss (B,)."""
    return np.asarray(row_loss.sum() * step.scale)
