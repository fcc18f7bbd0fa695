"""Gradients of embedded columns: codes (n, m) of all samples, rows (B,) into them."""

from __future__ import annotations

import jax
from jax import numpy as jnp

from dltool.kernels.xla.embedding import added_rows


def embed_gradient(
    codes: jax.Array, rows: jax.Array, dx: jax.Array, *, start: int, length: int, size: int
) -> jax.Array:
    """dtable (size, width) = Σ over samples and their codes ≥ 0 of dx / √(number of these), in row `code`."""
    chosen = codes[rows, start : start + length]
    present = (chosen >= 0).sum(axis=1, keepdims=True)
    shares = dx / jnp.sqrt(jnp.maximum(present, 1)).astype(dx.dtype)
    return added_rows(chosen, jnp.broadcast_to(shares[:, None], (*chosen.shape, dx.shape[-1])), size)
