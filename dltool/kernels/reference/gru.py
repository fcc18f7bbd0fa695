"""Reference GRU: products and gates (B, T, 3 · H) in the order r, z, n; y and candidates (B, T, H)."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.activation import sigmoid
from dltool.kernels.reference.arrays import namespace
from dltool.kernels.reference.bfloat16 import seen_by_product
from dltool.kernels.reference.recurrence import states_and_factors


def gru(
    products: np.ndarray, recurrent: np.ndarray, bias: np.ndarray, *extras: np.ndarray, masked: int, rounded: int
) -> tuple[np.ndarray, ...]:
    """(y, gates, candidates): r, z = σ, n = tanh of products + r · (y₋₁ · recurrent + bias); y = n + z · (y₋₁ − n)."""
    xp = namespace(products)
    initial, factors = states_and_factors(extras, masked)
    hidden = initial[0] if initial else xp.zeros_like(products[:, 0, : len(recurrent)])
    hiddens, gates, candidates = [], [], []
    for t in range(products.shape[1]):
        of_r, of_z, of_n = xp.split(products[:, t], 3, axis=-1)
        sum_r, sum_z, sum_n = xp.split(seen_by_product(hidden * factors, rounded) @ recurrent + bias, 3, axis=-1)
        r, z = sigmoid(of_r + sum_r), sigmoid(of_z + sum_z)
        n = xp.tanh(of_n + r * sum_n)
        hidden = n + z * (hidden - n)
        hiddens.append(hidden)
        gates.append(xp.concatenate([r, z, n], axis=-1))
        candidates.append(sum_n)
    return tuple(xp.stack(each, axis=1) for each in (hiddens, gates, candidates))


def gru_gradient(
    gates: np.ndarray,
    recurrent: np.ndarray,
    dy: np.ndarray,
    candidates: np.ndarray,
    y: np.ndarray,
    *extras: np.ndarray,
    masked: int,
    rounded: int,
) -> tuple[np.ndarray, np.ndarray]:
    """(dproducts, dsums), both (B, T, 3 · H), from the last step to the first."""
    xp = namespace(dy)
    initial, factors = states_and_factors(extras, masked)
    first = initial[0] if initial else xp.zeros_like(y[:, 0])
    dhidden = xp.zeros_like(first)
    dproducts, dsums = [], []
    for t in reversed(range(dy.shape[1])):
        r, z, n = xp.split(gates[:, t], 3, axis=-1)
        before = y[:, t - 1] if t else first
        dhidden = dy[:, t] + dhidden
        dn = dhidden * (1 - z) * (1 - n**2)
        dr = dn * candidates[:, t] * r * (1 - r)
        dz = dhidden * (before - n) * z * (1 - z)
        dproducts.append(xp.concatenate([dr, dz, dn], axis=-1))
        dsums.append(xp.concatenate([dr, dz, dn * r], axis=-1))
        dhidden = dhidden * z + seen_by_product(dsums[-1], rounded) @ recurrent.T * factors
    return xp.stack(dproducts[::-1], axis=1), xp.stack(dsums[::-1], axis=1)
