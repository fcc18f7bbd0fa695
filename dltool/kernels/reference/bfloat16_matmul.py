"""Reference products in bfloat16: words of two numbers each."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.pairs import unpaired


def bfloat16_matmul(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """y (B, …, N) = x · w, of words (B, …, K/2) and (K/2, N); behind the last row of w may be rows of zeros."""
    return unpaired(x, -1) @ unpaired(w[: x.shape[-1]], 0)


def bfloat16_weight_gradient(x: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """dw (K, N) = Σ over rows of xᵀ · dy, of words (…, rows/2, K) and (…, rows/2, N)."""
    numbers = [unpaired(words.reshape(-1, words.shape[-1]), 0) for words in (x, dy)]
    return numbers[0].T @ numbers[1]
