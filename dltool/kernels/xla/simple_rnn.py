"""The simple recurrent network as a loop of XLA: products and y (B, T, H)."""

from __future__ import annotations

import jax
from jax import numpy as jnp

from dltool.kernels.reference.recurrence import states_and_factors
from dltool.kernels.xla.recurrence import over_steps


def simple_rnn(products: jax.Array, recurrent: jax.Array, *extras: jax.Array, relu: int, masked: int) -> jax.Array:
    """y = tanh, or the positive part, of products + y₋₁ · recurrent (H, H)."""
    initial, factors = states_and_factors(extras, masked)

    def step(hidden: jax.Array, product: jax.Array) -> tuple[jax.Array, jax.Array]:
        total = product + hidden * factors @ recurrent
        hidden = jnp.maximum(total, 0) if relu else jnp.tanh(total)
        return hidden, hidden

    return over_steps(step, initial[0] if initial else jnp.zeros_like(products[:, 0]), products)


def simple_rnn_gradient(
    dy: jax.Array, recurrent: jax.Array, y: jax.Array, *extras: jax.Array, relu: int, masked: int
) -> jax.Array:
    """dproducts (B, T, H), from the last step to the first."""
    _, factors = states_and_factors(extras, masked)
    slopes = (y > 0).astype(dy.dtype) if relu else 1 - y**2

    def step(dhidden: jax.Array, given: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        upstream, slope = given
        dproduct = (upstream + dhidden) * slope
        return dproduct @ recurrent.T * factors, dproduct

    return over_steps(step, jnp.zeros_like(dy[:, 0]), (dy, slopes), reverse=True)
