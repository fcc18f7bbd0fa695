"""Reference rounding to bfloat16."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def round_bfloat16(x: np.ndarray) -> np.ndarray:
    """y = x rounded to the nearest number with 8 bits of exponent and 7 of fraction, to the even one of two."""
    xp = namespace(x)
    bits = x.astype(np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x7FFF) + (bits >> 16 & 1)) & np.uint32(0xFFFF0000)
    return xp.where(xp.isnan(x), x, rounded.view(np.float32)).astype(x.dtype)


def seen_by_product(x: np.ndarray, rounded: int) -> np.ndarray:
    """What a product within an op sees of x."""
    return round_bfloat16(x) if rounded else x


def round_weights(x: np.ndarray) -> np.ndarray:
    """The same."""
    return round_bfloat16(x)
