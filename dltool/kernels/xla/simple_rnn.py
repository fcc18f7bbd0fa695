"""The simple recurrent network as a loop over steps: products and y (B, T, H)."""

from __future__ import annotations

from typing import Any

import jax
from jax import numpy as jnp

from dltool.kernels.reference.recurrence import states_and_factors
from dltool.kernels.xla.recurrence import fast_tanh, over_steps


def simple_rnn(
    products: jax.Array, recurrent: jax.Array, *extras: jax.Array, relu: int, masked: int, rounded: int
) -> jax.Array:
    """y = tanh, or the positive part, of products + y₋₁ · recurrent (H, H)."""
    initial, factors = states_and_factors(extras, masked)

    def step(carried: Any, given: Any, product: Any) -> Any:
        total = given[0] + product(carried[0])[0]
        hidden = jnp.maximum(total, 0) if relu else fast_tanh(total)
        return (hidden,), ([hidden],)

    begin = initial or (jnp.zeros_like(products[:, 0]),)
    return over_steps(step, begin, [products], recurrent, factors=factors, rounded=rounded)[0]


def simple_rnn_gradient(
    dy: jax.Array, recurrent: jax.Array, y: jax.Array, *extras: jax.Array, relu: int, masked: int, rounded: int
) -> jax.Array:
    """dproducts (B, T, H), from the last step to the first."""
    _, factors = states_and_factors(extras, masked)
    slopes = (y > 0).astype(dy.dtype) if relu else 1 - y**2

    def step(carried: Any, given: Any, product: Any) -> Any:
        upstream, slope = given
        dproduct = (upstream + carried[0]) * slope
        return (product([dproduct]),), ([dproduct],)

    return over_steps(
        step, (jnp.zeros_like(dy[:, 0]),), [dy, slopes], recurrent, factors=factors, rounded=rounded, reverse=True
    )[0]
