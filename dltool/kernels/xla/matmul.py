"""Products: x (B, …, K), w (K, N), y and dy (B, …, N); the factors may be in bfloat16, sums are not."""

from __future__ import annotations

import jax

from dltool.kernels.xla.bfloat16 import product


def matmul(x: jax.Array, w: jax.Array) -> jax.Array:
    """y = x · w."""
    return product(x, w)


def matmul_data_gradient(dy: jax.Array, w: jax.Array) -> jax.Array:
    """dx = dy · wᵀ."""
    return product(dy, w.T)


def matmul_weight_gradient(x: jax.Array, dy: jax.Array) -> jax.Array:
    """dw (K, N) = Σ over rows of xᵀ · dy."""
    return product(x.reshape(-1, x.shape[-1]).T, dy.reshape(-1, dy.shape[-1]))
