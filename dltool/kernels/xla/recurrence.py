"""Loops over the steps of sequences: one of XLA, or a kernel of its own where a GPU is faster with that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax import lax
from jax import numpy as jnp

from dltool.kernels.xla import recurrence_kernel
from dltool.kernels.xla.bfloat16 import product as matrix_product
from dltool.kernels.xla.bfloat16 import seen_by_product

#: steps of one turn of XLA's loop: on a GPU each turn costs time, on the processor only the compiler does
UNROLLED = 8
#: log₂(e)
LOG2_E = 1.4426950408889634

Pieces = Sequence[Any]  # arrays (B, H)


def over_steps(
    step: Callable[[Pieces, Pieces, Callable[..., Any]], tuple[Pieces, Sequence[Pieces]]],
    begin: Pieces,
    values: Sequence[jax.Array],
    recurrent: jax.Array,
    *,
    factors: jax.Array | int,
    rounded: int,
    bias: jax.Array | None = None,
    reverse: bool = False,
) -> tuple[jax.Array, ...]:
    """What `step` makes of each step of `values` (B, T, k · H), in arrays of the same form.

    step(carried, given, product) gets what it returned before, at first `begin`, and one piece after the other of the
    values, and returns what to carry and the pieces of each result. product(x) gives the pieces of
    x · factors · recurrent + bias; in `reverse`, where steps go from the last to the first, product(pieces) gives
    pieces · recurrentᵀ · factors. With `rounded` 1, what is multiplied by recurrent is rounded to bfloat16 before.
    """
    if recurrence_kernel.suits(recurrent):
        return recurrence_kernel.over_steps(step, begin, values, recurrent, factors=factors, bias=bias, reverse=reverse)
    width = len(recurrent)

    def product(x: Any) -> Any:
        if reverse:
            return matrix_product(seen_by_product(jnp.concatenate(x, axis=-1), rounded), recurrent.T) * factors
        sums = matrix_product(seen_by_product(x * factors, rounded), recurrent)
        return _pieces(sums if bias is None else sums + bias, width)

    def turn(carried: Pieces, given: Sequence[jax.Array]) -> Any:
        carried, made = step(carried, [piece for value in given for piece in _pieces(value, width)], product)
        return tuple(carried), [jnp.concatenate(pieces, axis=-1) for pieces in made]

    by_step = [value.swapaxes(0, 1) for value in values]
    unrolled = 1 if jax.default_backend() == "cpu" else UNROLLED
    _, made = lax.scan(turn, tuple(begin), by_step, reverse=reverse, unroll=unrolled)
    return tuple(value.swapaxes(0, 1) for value in made)


def logistic(x: jax.Array) -> jax.Array:
    """1 / (1 + exp(−x)), by what a GPU has an instruction for."""
    return 1 / (1 + jnp.exp2(-LOG2_E * x))


def fast_tanh(x: jax.Array) -> jax.Array:
    """tanh(x), to 10⁻⁷ of 1 rather than of itself."""
    return 2 * logistic(2 * x) - 1


def _pieces(value: jax.Array, width: int) -> Pieces:
    return jnp.split(value, value.shape[-1] // width, axis=-1)
