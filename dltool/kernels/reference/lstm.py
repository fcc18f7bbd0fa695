"""Reference LSTM: products and gates (B, T, 4 · H) in the order i, f, g, o; y and cells (B, T, H)."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.activation import sigmoid
from dltool.kernels.reference.arrays import namespace
from dltool.kernels.reference.bfloat16 import seen_by_product
from dltool.kernels.reference.recurrence import states_and_factors


def lstm(
    products: np.ndarray, recurrent: np.ndarray, *extras: np.ndarray, masked: int, rounded: int
) -> tuple[np.ndarray, ...]:
    """(y, gates, cells): i, f, o = σ, g = tanh of products + y₋₁ · recurrent; c = f · c₋₁ + i · g; y = o · tanh(c)."""
    xp = namespace(products)
    initial, factors = states_and_factors(extras, masked)
    hidden, cell = initial or (xp.zeros_like(products[:, 0, : len(recurrent)]),) * 2
    hiddens, gates, cells = [], [], []
    for t in range(products.shape[1]):
        i, f, g, o = xp.split(products[:, t] + seen_by_product(hidden * factors, rounded) @ recurrent, 4, axis=-1)
        i, f, g, o = sigmoid(i), sigmoid(f), xp.tanh(g), sigmoid(o)
        cell = f * cell + i * g
        hidden = o * xp.tanh(cell)
        hiddens.append(hidden)
        gates.append(xp.concatenate([i, f, g, o], axis=-1))
        cells.append(cell)
    return tuple(xp.stack(each, axis=1) for each in (hiddens, gates, cells))


def lstm_gradient(
    gates: np.ndarray,
    recurrent: np.ndarray,
    dy: np.ndarray,
    cells: np.ndarray,
    *extras: np.ndarray,
    masked: int,
    rounded: int,
) -> np.ndarray:
    """dproducts (B, T, 4 · H), from the last step to the first."""
    xp = namespace(dy)
    initial, factors = states_and_factors(extras, masked)
    first = initial[1] if initial else xp.zeros_like(cells[:, 0])
    dhidden = dcell = xp.zeros_like(first)
    slopes = []
    for t in reversed(range(dy.shape[1])):
        i, f, g, o = xp.split(gates[:, t], 4, axis=-1)
        dhidden, squashed = dy[:, t] + dhidden, xp.tanh(cells[:, t])
        dcell = dcell + dhidden * o * (1 - squashed**2)
        before = cells[:, t - 1] if t else first
        slopes.append(
            xp.concatenate(
                [
                    dcell * g * i * (1 - i),
                    dcell * before * f * (1 - f),
                    dcell * i * (1 - g**2),
                    dhidden * squashed * o * (1 - o),
                ],
                axis=-1,
            )
        )
        dhidden, dcell = seen_by_product(slopes[-1], rounded) @ recurrent.T * factors, dcell * f
    return xp.stack(slopes[::-1], axis=1)
