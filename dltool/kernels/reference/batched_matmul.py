"""The reference product of two values of the batch."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def batched_matmul(x: np.ndarray, y: np.ndarray, *, transpose_x: int, transpose_y: int, matrices: int) -> np.ndarray:
    """z (B, …, M, N) = x (B, …, M, K) · y (B, …, K, N), each of whose last two axes may be exchanged."""
    xp = namespace(x)
    return xp.matmul(xp.swapaxes(x, -1, -2) if transpose_x else x, xp.swapaxes(y, -1, -2) if transpose_y else y)
