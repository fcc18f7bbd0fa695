"""Rounding to bfloat16. Products of rounded numbers run in TF32, which holds these exactly, with sums in float32."""

from __future__ import annotations

import jax
from jax import lax


def round_bfloat16(x: jax.Array) -> jax.Array:
    """y = x rounded to 8 bits of exponent and 7 of fraction."""
    return lax.reduce_precision(x, 8, 7)


def seen_by_product(x: jax.Array, rounded: int) -> jax.Array:
    """What a product within an op sees of x."""
    return round_bfloat16(x) if rounded else x


def round_weights(x: jax.Array) -> jax.Array:
    """The same."""
    return round_bfloat16(x)
