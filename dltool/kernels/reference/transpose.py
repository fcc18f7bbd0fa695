"""Reference transposition."""

from __future__ import annotations

import numpy as np


def transpose(w: np.ndarray, twin: np.ndarray) -> np.ndarray:
    """twin (N, K) = wᵀ, w (K, N)."""
    return w.T
