"""Products of matrices that are both computed; the factors may be in bfloat16, sums are not."""

from __future__ import annotations

import jax

from dltool.kernels.xla.bfloat16 import product


def batched_matmul(x: jax.Array, y: jax.Array, *, transpose_x: int, transpose_y: int, matrices: int) -> jax.Array:
    """z (B, …, M, N) = x (B, …, M, K) · y (B, …, K, N), each of whose last two axes may be exchanged."""
    return product(x.swapaxes(-1, -2) if transpose_x else x, y.swapaxes(-1, -2) if transpose_y else y)
