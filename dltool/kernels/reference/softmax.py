"""Reference softmax: x, p, dp and dx (B, …, C)."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def softmax(x: np.ndarray) -> np.ndarray:
    """p = eˣ / Σ eˣ over the last axis, with the row's maximum subtracted from x first."""
    xp = namespace(x)
    exponential = xp.exp(x - x.max(axis=-1, keepdims=True))
    return exponential / exponential.sum(axis=-1, keepdims=True)


def softmax_gradient(dp: np.ndarray, p: np.ndarray) -> np.ndarray:
    """dx = p · (dp − Σ dp · p over the last axis)."""
    return p * (dp - (dp * p).sum(axis=-1, keepdims=True))
