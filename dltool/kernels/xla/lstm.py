"""The LSTM as a loop over steps: products and gates (B, T, 4 · H) in the order i, f, g, o; y and cells (B, T, H)."""

from __future__ import annotations

from typing import Any

import jax
from jax import numpy as jnp

from dltool.kernels.reference.recurrence import previous_step, states_and_factors
from dltool.kernels.xla.recurrence import fast_tanh, logistic, over_steps


def lstm(
    products: jax.Array, recurrent: jax.Array, *extras: jax.Array, masked: int, rounded: int
) -> tuple[jax.Array, ...]:
    """(y, gates, cells): i, f, o = σ, g = tanh of products + y₋₁ · recurrent; c = f · c₋₁ + i · g; y = o · tanh(c)."""
    initial, factors = states_and_factors(extras, masked)

    def step(carried: Any, given: Any, product: Any) -> Any:
        hidden, cell = carried
        i, f, g, o = (x + y for x, y in zip(given, product(hidden), strict=True))
        i, f, g, o = logistic(i), logistic(f), fast_tanh(g), logistic(o)
        cell = f * cell + i * g
        hidden = o * fast_tanh(cell)
        return (hidden, cell), ([hidden], [i, f, g, o], [cell])

    zeros = jnp.zeros_like(products[:, 0, : len(recurrent)])
    return over_steps(step, initial or (zeros, zeros), [products], recurrent, factors=factors, rounded=rounded)


def lstm_gradient(
    gates: jax.Array,
    recurrent: jax.Array,
    dy: jax.Array,
    cells: jax.Array,
    *extras: jax.Array,
    masked: int,
    rounded: int,
) -> jax.Array:
    """dproducts (B, T, 4 · H), from the last step to the first."""
    initial, factors = states_and_factors(extras, masked)

    def step(carried: Any, given: Any, product: Any) -> Any:
        dhidden, dcell = carried
        i, f, g, o, upstream, squashed, before = given
        dhidden = upstream + dhidden
        dcell = dcell + dhidden * o * (1 - squashed**2)
        slopes = [
            dcell * g * i * (1 - i),
            dcell * before * f * (1 - f),
            dcell * i * (1 - g**2),
            dhidden * squashed * o * (1 - o),
        ]
        return (product(slopes), dcell * f), (slopes,)

    zeros = jnp.zeros_like(cells[:, 0])
    values = [gates, dy, jnp.tanh(cells), previous_step(cells, *initial[1:])]
    return over_steps(step, (zeros, zeros), values, recurrent, factors=factors, rounded=rounded, reverse=True)[0]
