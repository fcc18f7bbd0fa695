"""Reference padding and cropping of images (B, H, W, C) and of series (B, T, C), which have neither top nor bottom."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def pad(x: np.ndarray, *, height: int, width: int, top: int, bottom: int, left: int, right: int) -> np.ndarray:
    """y (B, top + H + bottom, left + W + right, C) = x with zeros around it."""
    xp = namespace(x)
    borders = ((top, bottom), (left, right))[4 - x.ndim :]
    return xp.pad(x, ((0, 0), *borders, (0, 0)))


def crop(x: np.ndarray, *, height: int, width: int, top: int, bottom: int, left: int, right: int) -> np.ndarray:
    """y (B, H, W, C) = x (B, top + H + bottom, left + W + right, C) without its border."""
    kept = (slice(top, top + height), slice(left, left + width))[4 - x.ndim :]
    return x[:, *kept].copy()
