"""Reference averaged weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dltool.ops.op import StepRecord


def average(w: np.ndarray, e: np.ndarray, *, decay: float, step: StepRecord) -> np.ndarray:
    """e = decay · e + (1 − decay) · w, of one shape; in the first update of a training e = w."""
    return decay * e + (1 - decay) * w if step.step else w.copy()
