"""Reference rotary positions: x (B, T, C), turns (T, D)."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def rotary(x: np.ndarray, turns: np.ndarray, *, heads: int, inverse: int) -> np.ndarray:
    """y (B, T, C): each pair of channels (i, i + D/2) of the first `heads` heads, turned by its angle."""
    xp = namespace(x)
    width = turns.shape[1]
    cosine, sine = turns[:, None, : width // 2], turns[:, None, width // 2 :] * (-1 if inverse else 1)
    turned = x[..., : heads * width].reshape(*x.shape[:2], heads, width)
    one, two = turned[..., : width // 2], turned[..., width // 2 :]
    turned = xp.concatenate([one * cosine - two * sine, two * cosine + one * sine], axis=-1)
    rest = x[..., heads * width :]
    return xp.concatenate([turned.reshape(*x.shape[:2], heads * width), rest], axis=-1).astype(x.dtype)
