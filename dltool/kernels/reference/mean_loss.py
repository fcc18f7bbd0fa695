"""Reference loss of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.kernels.reference.arrays import namespace

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def mean_loss(row_loss: np.ndarray, *, step: StepRecord) -> np.ndarray:
    """loss () = Σ row_loss · scale, row_loss (B,)."""
    xp = namespace(row_loss)
    return xp.asarray(row_loss.sum() * step.scale)
