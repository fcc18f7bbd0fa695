"""Sums of batch normalization of images: x and dy (B, …, C), those of samples (B, C), everything else (C,).

Moments are those of the reference, in two passes over the data. Sums of squared differences from one element would take
one pass, but cancel where that element lies far off, as a corner next to padding does.
"""

from __future__ import annotations

import jax

#: pixels of a sample that are better added one by one: XLA sums columns in tiles of 32 rows
FEW = 16


def sample_products(
    dy: jax.Array, x: jax.Array, mean: jax.Array, inverse_std: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """(Σ dy, Σ dy · (x − mean) · inverse_std) over the pixels of each sample."""
    dy, x = (each.reshape(len(dy), -1, dy.shape[-1]) for each in (dy, x))
    return _over_pixels(dy), _over_pixels(dy * ((x - mean) * inverse_std))


def _over_pixels(x: jax.Array) -> jax.Array:
    """y (B, C) = Σ over the pixels of x (B, pixels, C)."""
    if x.shape[1] <= FEW:
        return sum((x[:, pixel] for pixel in range(1, x.shape[1])), start=x[:, 0])
    return x.sum(axis=1)
