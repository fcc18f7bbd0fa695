"""Rounding to bfloat16: products get arrays of that type, which matrix units multiply fastest, and sum in float32."""

from __future__ import annotations

from typing import Any

import jax
from jax import numpy as jnp


def round_bfloat16(x: jax.Array) -> jax.Array:
    """y = x in 8 bits of exponent and 7 of fraction."""
    return x.astype(jnp.bfloat16)


def seen_by_product(x: jax.Array, rounded: int) -> jax.Array:
    """What a product within an op sees of x."""
    return round_bfloat16(x) if rounded else x


def round_weights(x: jax.Array) -> jax.Array:
    """The same."""
    return round_bfloat16(x)


def product(x: Any, y: Any) -> jax.Array:
    """x · y in float32, of arrays of the same type."""
    return jnp.matmul(x, y, preferred_element_type=jnp.float32)


def widened(x: jax.Array) -> jax.Array:
    """x in float32, for what is no product of matrices."""
    return x.astype(jnp.float32)
