"""Reference gradient accumulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def accumulate(g: np.ndarray, total: np.ndarray, *, step: StepRecord) -> np.ndarray:
    """total = g in the first micro-batch of an update, else total + g, of one shape."""
    return g if step.first else total + g
