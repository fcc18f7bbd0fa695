"""Reference products: x (B, …, K), w (K, N), y and dy (B, …, N)."""

from __future__ import annotations

import numpy as np


def matmul(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """y = x · w."""
    return x @ w


def matmul_data_gradient(dy: np.ndarray, w: np.ndarray) -> np.ndarray:
    """dx = dy · wᵀ."""
    return dy @ w.T


def matmul_weight_gradient(x: np.ndarray, dy: np.ndarray) -> np.ndarray:
    """dw (K, N) = Σ over rows of xᵀ · dy."""
    return x.reshape(-1, x.shape[-1]).T @ dy.reshape(-1, dy.shape[-1])
