"""Gradients of embeddings. Where a table is small, its rows are found by a product, whose sums have a fixed order."""

from __future__ import annotations

import jax
from jax import numpy as jnp

#: rows of a table for which a product is faster than adding to each row in turn
SMALL = 4096


def embedding_gradient(codes: jax.Array, dx: jax.Array, *, size: int) -> jax.Array:
    """dtable (size, width) = Σ over samples and places of dx (B, …, width), in the rows of their codes (B, …)."""
    return added_rows(codes, dx, size)


def added_rows(codes: jax.Array, dx: jax.Array, size: int) -> jax.Array:
    """(size, width): each row the sum of dx (…, width) where the codes (…) name it; other codes name none."""
    codes, dx = codes.reshape(-1), dx.reshape(-1, dx.shape[-1])
    if size <= SMALL:
        return (codes[:, None] == jnp.arange(size)).astype(dx.dtype).T @ dx
    named = (codes >= 0) & (codes < size)
    return jnp.zeros((size, dx.shape[-1]), dx.dtype).at[jnp.where(named, codes, size)].add(dx, mode="drop")
