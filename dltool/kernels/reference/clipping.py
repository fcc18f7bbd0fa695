"""Reference clipping of a gradient g of any shape (…, C)."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def clip_value(g: np.ndarray, *, limit: float) -> np.ndarray:
    """g with every number limited to ±limit."""
    xp = namespace(g)
    return xp.clip(g, -limit, limit)


def square_sum(g: np.ndarray) -> np.ndarray:
    """partial sums (C,) of g²."""
    xp = namespace(g)
    return xp.square(g).reshape(-1, g.shape[-1]).sum(axis=0)


def clip_scale(*partial_sums: np.ndarray, limit: float, eps: float) -> np.ndarray:
    """scale () = min(1, limit / (norm + eps)), norm = √ of all partial sums; 1 where the norm is 0."""
    xp = namespace(partial_sums[0])
    norm = xp.sqrt(xp.concatenate(partial_sums).sum())
    return xp.asarray(limit / xp.maximum(norm + eps, limit))


def scale_gradient(g: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """g · scale, scale ()."""
    return g * scale
