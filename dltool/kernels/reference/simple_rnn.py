"""Reference simple recurrent network: products and y (B, T, H)."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace
from dltool.kernels.reference.bfloat16 import seen_by_product
from dltool.kernels.reference.recurrence import states_and_factors


def simple_rnn(
    products: np.ndarray, recurrent: np.ndarray, *extras: np.ndarray, relu: int, masked: int, rounded: int
) -> np.ndarray:
    """y = tanh, or the positive part, of products + y₋₁ · recurrent (H, H)."""
    xp = namespace(products)
    initial, factors = states_and_factors(extras, masked)
    hidden = initial[0] if initial else xp.zeros_like(products[:, 0])
    hiddens = []
    for t in range(products.shape[1]):
        total = products[:, t] + seen_by_product(hidden * factors, rounded) @ recurrent
        hidden = xp.maximum(total, 0) if relu else xp.tanh(total)
        hiddens.append(hidden)
    return xp.stack(hiddens, axis=1)


def simple_rnn_gradient(
    dy: np.ndarray, recurrent: np.ndarray, y: np.ndarray, *extras: np.ndarray, relu: int, masked: int, rounded: int
) -> np.ndarray:
    """dproducts (B, T, H), from the last step to the first."""
    xp = namespace(dy)
    _, factors = states_and_factors(extras, masked)
    dhidden = xp.zeros_like(dy[:, 0])
    slopes = []
    for t in reversed(range(dy.shape[1])):
        slope = (y[:, t] > 0).astype(dy.dtype) if relu else 1 - y[:, t] ** 2
        slopes.append((dy[:, t] + dhidden) * slope)
        dhidden = seen_by_product(slopes[-1], rounded) @ recurrent.T * factors
    return xp.stack(slopes[::-1], axis=1)
