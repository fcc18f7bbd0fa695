"""The reference transpose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def transpose(x: np.ndarray, *, axes: Sequence[tuple[int]], first: int, second: int) -> np.ndarray:
    """y = x (B, …) with two axes exchanged, counted behind B."""
    return np.swapaxes(x, first + 1, second + 1)
