"""Reference layer normalization: x, y, dy and normalized (B, …, C), inverse_std (B, …), gain and bias (C,).

Ba et al., Layer Normalization, 2016.
"""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def layer_norm(
    x: np.ndarray, gain: np.ndarray, bias: np.ndarray, *, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(y, normalized, inverse_std): y = normalized · gain + bias, normalized = (x − mean) · inverse_std over C."""
    xp = namespace(x)
    centered = x - x.mean(axis=-1, keepdims=True)
    inverse_std = 1 / xp.sqrt(xp.square(centered).mean(axis=-1) + eps)
    normalized = centered * inverse_std[..., None]
    return normalized * gain + bias, normalized, inverse_std


def layer_norm_gradient(
    dy: np.ndarray, normalized: np.ndarray, inverse_std: np.ndarray, gain: np.ndarray
) -> np.ndarray:
    """dx = inverse_std · (g − mean(g) − normalized · mean(g · normalized)), g = dy · gain, means over C."""
    g = dy * gain
    mean = g.mean(axis=-1, keepdims=True)
    projection = (g * normalized).mean(axis=-1, keepdims=True)
    return inverse_std[..., None] * (g - mean - normalized * projection)


def sum_row_products(dy: np.ndarray, normalized: np.ndarray) -> np.ndarray:
    """dgain (C,) = Σ over rows of dy · normalized."""
    return (dy * normalized).reshape(-1, dy.shape[-1]).sum(axis=0)
