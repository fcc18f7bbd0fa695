"""The reference transpose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dltool.kernels.reference.arrays import namespace


def transpose(x: np.ndarray, *, axes: Sequence[tuple[int]], first: int, second: int) -> np.ndarray:
    """y = x (B, …) with two axes exchanged, counted behind B."""
    xp = namespace(x)
    return xp.swapaxes(x, first + 1, second + 1)
