"""Reference averaged weights."""

from __future__ import annotations

import numpy as np


def average(w: np.ndarray, e: np.ndarray, *, decay: float) -> np.ndarray:
    """e = decay · e + (1 − decay) · w, of one shape."""
    return decay * e + (1 - decay) * w
