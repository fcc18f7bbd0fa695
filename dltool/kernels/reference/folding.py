"""Reference folding of batch normalization into the product before it: w (…, C), everything else (C,)."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def fold_weight(w: np.ndarray, gain: np.ndarray, variance: np.ndarray, *, eps: float) -> np.ndarray:
    """y = w · gain / √(variance + eps)."""
    xp = namespace(w)
    return w * (gain / xp.sqrt(variance + eps))


def fold_bias(gain: np.ndarray, bias: np.ndarray, mean: np.ndarray, variance: np.ndarray, *, eps: float) -> np.ndarray:
    """y = bias − mean · gain / √(variance + eps)."""
    xp = namespace(gain)
    return bias - mean * (gain / xp.sqrt(variance + eps))
