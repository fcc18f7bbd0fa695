"""The GRU as a loop of XLA: products and gates (B, T, 3 · H) in the order r, z, n; y and candidates (B, T, H)."""

from __future__ import annotations

from typing import Any

import jax
from jax import lax
from jax import numpy as jnp

from dltool.kernels.reference.recurrence import previous_step, states_and_factors
from dltool.kernels.xla.recurrence import over_steps


def gru(
    products: jax.Array, recurrent: jax.Array, bias: jax.Array, *extras: jax.Array, masked: int
) -> tuple[jax.Array, ...]:
    """(y, gates, candidates): r, z = σ, n = tanh of products + r · (y₋₁ · recurrent + bias); y = n + z · (y₋₁ − n)."""
    initial, factors = states_and_factors(extras, masked)

    def step(hidden: jax.Array, product: jax.Array) -> Any:
        of_r, of_z, of_n = jnp.split(product, 3, axis=-1)
        sum_r, sum_z, sum_n = jnp.split(hidden * factors @ recurrent + bias, 3, axis=-1)
        r, z = lax.logistic(of_r + sum_r), lax.logistic(of_z + sum_z)
        n = jnp.tanh(of_n + r * sum_n)
        hidden = n + z * (hidden - n)
        return hidden, (hidden, jnp.concatenate([r, z, n], axis=-1), sum_n)

    return over_steps(step, initial[0] if initial else jnp.zeros_like(products[:, 0, : len(recurrent)]), products)


def gru_gradient(
    gates: jax.Array,
    recurrent: jax.Array,
    dy: jax.Array,
    candidates: jax.Array,
    y: jax.Array,
    *extras: jax.Array,
    masked: int,
) -> tuple[jax.Array, jax.Array]:
    """(dproducts, dsums), both (B, T, 3 · H), from the last step to the first."""
    initial, factors = states_and_factors(extras, masked)

    def step(dhidden: jax.Array, given: Any) -> Any:
        gate, upstream, candidate, before = given
        r, z, n = jnp.split(gate, 3, axis=-1)
        dhidden = upstream + dhidden
        dn = dhidden * (1 - z) * (1 - n**2)
        dr = dn * candidate * r * (1 - r)
        dz = dhidden * (before - n) * z * (1 - z)
        dsum = jnp.concatenate([dr, dz, dn * r], axis=-1)
        return dhidden * z + dsum @ recurrent.T * factors, (jnp.concatenate([dr, dz, dn], axis=-1), dsum)

    given = (gates, dy, candidates, previous_step(y, *initial))
    return over_steps(step, jnp.zeros_like(y[:, 0]), given, reverse=True)
