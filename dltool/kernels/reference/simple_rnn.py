"""Reference simple recurrent network: products and y (B, T, H)."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def simple_rnn(products: np.ndarray, recurrent: np.ndarray, *initial: np.ndarray, relu: int) -> np.ndarray:
    """y = tanh, or the positive part, of products + y₋₁ · recurrent (H, H)."""
    xp = namespace(products)
    hidden = initial[0] if initial else xp.zeros_like(products[:, 0])
    hiddens = []
    for t in range(products.shape[1]):
        total = products[:, t] + hidden @ recurrent
        hidden = xp.maximum(total, 0) if relu else xp.tanh(total)
        hiddens.append(hidden)
    return xp.stack(hiddens, axis=1)


def simple_rnn_gradient(dy: np.ndarray, y: np.ndarray, recurrent: np.ndarray, *, relu: int) -> np.ndarray:
    """dproducts (B, T, H), from the last step to the first."""
    xp = namespace(dy)
    dhidden = xp.zeros_like(dy[:, 0])
    slopes = []
    for t in reversed(range(dy.shape[1])):
        slope = (y[:, t] > 0).astype(dy.dtype) if relu else 1 - y[:, t] ** 2
        slopes.append((dy[:, t] + dhidden) * slope)
        dhidden = slopes[-1] @ recurrent.T
    return xp.stack(slopes[::-1], axis=1)
