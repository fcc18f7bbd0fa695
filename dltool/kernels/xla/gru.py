"""The GRU as a loop over steps: products and gates (B, T, 3 · H) in the order r, z, n; y and candidates (B, T, H)."""

from __future__ import annotations

from typing import Any

import jax
from jax import numpy as jnp

from dltool.kernels.reference.recurrence import previous_step, states_and_factors
from dltool.kernels.xla.recurrence import fast_tanh, logistic, over_steps


def gru(
    products: jax.Array, recurrent: jax.Array, bias: jax.Array, *extras: jax.Array, masked: int, rounded: int
) -> tuple[jax.Array, ...]:
    """(y, gates, candidates): r, z = σ, n = tanh of products + r · (y₋₁ · recurrent + bias); y = n + z · (y₋₁ − n)."""
    initial, factors = states_and_factors(extras, masked)

    def step(carried: Any, given: Any, product: Any) -> Any:
        (hidden,), (of_r, of_z, of_n) = carried, given
        sum_r, sum_z, sum_n = product(hidden)
        r, z = logistic(of_r + sum_r), logistic(of_z + sum_z)
        n = fast_tanh(of_n + r * sum_n)
        hidden = n + z * (hidden - n)
        return (hidden,), ([hidden], [r, z, n], [sum_n])

    begin = initial or (jnp.zeros_like(products[:, 0, : len(recurrent)]),)
    return over_steps(step, begin, [products], recurrent, factors=factors, rounded=rounded, bias=bias)


def gru_gradient(
    gates: jax.Array,
    recurrent: jax.Array,
    dy: jax.Array,
    candidates: jax.Array,
    y: jax.Array,
    *extras: jax.Array,
    masked: int,
    rounded: int,
) -> tuple[jax.Array, ...]:
    """(dproducts, dsums), both (B, T, 3 · H), from the last step to the first."""
    initial, factors = states_and_factors(extras, masked)

    def step(carried: Any, given: Any, product: Any) -> Any:
        (dhidden,), (r, z, n, upstream, candidate, before) = carried, given
        dhidden = upstream + dhidden
        dn = dhidden * (1 - z) * (1 - n**2)
        dr = dn * candidate * r * (1 - r)
        dz = dhidden * (before - n) * z * (1 - z)
        dsums = [dr, dz, dn * r]
        return (dhidden * z + product(dsums),), ([dr, dz, dn], dsums)

    values = [gates, dy, candidates, previous_step(y, *initial)]
    return over_steps(
        step, (jnp.zeros_like(y[:, 0]),), values, recurrent, factors=factors, rounded=rounded, reverse=True
    )
