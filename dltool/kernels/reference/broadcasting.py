"""Reference broadcasting: arrays (B, …), `axes` pairs the sizes of each axis behind B in the larger and the smaller."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dltool.kernels.reference.arrays import namespace

Axes = Sequence[tuple[int, int]]


def broadcast(x: np.ndarray, *, axes: Axes) -> np.ndarray:
    """y (B, …) = x (B, …), repeated along the axes that are larger in y."""
    xp = namespace(x)
    return xp.broadcast_to(x, (len(x), *(large for large, _ in axes)))
