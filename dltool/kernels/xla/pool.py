"""Pools: x and dx (B, H, W, C), y and dy (B, h, w, C); of series, the same without H and h."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

from dltool.kernels.reference.conv import as_images, output_sizes, padded_images, windows
from dltool.kernels.xla.conv import AXES, paddings, spread


def max_pool(x: jax.Array, **geometry: int) -> jax.Array:
    """y = the largest of each window; NaN is larger than any number, padding smaller."""
    y = _reduced(as_images(x), -jnp.inf, lax.max, geometry)
    return y.reshape(len(x), *output_sizes(x, geometry), x.shape[-1])


def max_pool_gradient(x: jax.Array, y: jax.Array, dy: jax.Array, **geometry: int) -> jax.Array:
    """dx = Σ over the windows of dy, at the first element of each that is its largest."""
    large, largest, upstream = as_images(x), as_images(y), as_images(dy)
    if _apart(geometry):
        dx = _to_first(large, largest, upstream, geometry)
    else:
        places = padded_images(jnp.ones((1, *large.shape[1:3], 1), bool), {**geometry})
        inside = jnp.stack([seen for _, _, seen in windows(places, geometry)])
        seen = jnp.stack([seen for _, _, seen in windows(padded_images(large, geometry), geometry)])
        first = (inside & (jnp.isnan(seen) | (seen == largest))).argmax(axis=0)
        dx = spread([jnp.where(first == tap, upstream, 0) for tap in range(len(seen))], geometry)
    return dx.reshape(x.shape)


def average_pool(x: jax.Array, *, include_padding: int, **geometry: int) -> jax.Array:
    """y = the mean of each window; padding counts as zeros or, without `include_padding`, not at all."""
    y = _reduced(as_images(x), 0.0, lax.add, geometry) / _counts(x, include_padding, geometry)
    return y.reshape(len(x), *output_sizes(x, geometry), x.shape[-1])


def average_pool_gradient(dy: jax.Array, *, include_padding: int, **geometry: int) -> jax.Array:
    """dx = Σ over the windows that saw the element of dy / (elements of the window)."""
    share = as_images(dy) / _counts(dy, include_padding, geometry)
    shape = (len(dy), geometry["height"], geometry["width"], dy.shape[-1])
    (dx,) = jax.linear_transpose(lambda x: _reduced(x, 0.0, lax.add, geometry), jax.ShapeDtypeStruct(shape, dy.dtype))(
        share
    )
    return dx if dy.ndim == 4 else dx[:, 0]


def _reduced(x: jax.Array, neutral: Any, function: Any, geometry: Mapping[str, int]) -> jax.Array:
    """What a function makes of each window (B, h, w, C)."""
    sizes, strides = (tuple(geometry[f"{what}_{axis}"] for axis in AXES) for what in ("kernel", "stride"))
    neutral = np.asarray(neutral, x.dtype)
    # windows may leave out the last rows and columns: these are cut off first
    x = lax.pad(x, neutral, [(0, 0, 0), *((low, high, 0) for low, high in paddings(geometry)), (0, 0, 0)])
    return lax.reduce_window(x, neutral, function, (1, *sizes, 1), (1, *strides, 1), "VALID")


def _counts(x: jax.Array, include_padding: int, geometry: Mapping[str, int]) -> jax.Array | float:
    """Elements of each window (1, h, w, 1)."""
    if include_padding:
        return float(geometry["kernel_height"] * geometry["kernel_width"])
    return _reduced(jnp.ones((1, geometry["height"], geometry["width"], 1), x.dtype), 0.0, lax.add, geometry)


def _apart(geometry: Mapping[str, int]) -> bool:
    """Whether windows lie side by side, without padding."""
    alike = all(
        geometry[f"kernel_{axis}"] == geometry[f"stride_{axis}"] or geometry[f"out_{axis}"] == 1 for axis in AXES
    )
    fits = all(geometry[f"kernel_{axis}"] * geometry[f"out_{axis}"] <= geometry[axis] for axis in AXES)
    return alike and fits and geometry["top"] == geometry["left"] == 0


def _to_first(x: jax.Array, y: jax.Array, dy: jax.Array, geometry: Mapping[str, int]) -> jax.Array:
    """The gradient of the largest of windows that lie side by side."""
    (rows, columns), (tall, wide) = ([geometry[f"{what}_{axis}"] for axis in AXES] for what in ("out", "kernel"))
    samples, height, width, channels = x.shape
    cut = x[:, : rows * tall, : columns * wide].reshape(samples, rows, tall, columns, wide, channels)
    seen = cut.swapaxes(2, 3).reshape(samples, rows, columns, tall * wide, channels)
    first = (jnp.isnan(seen) | (seen == y[:, :, :, None])).argmax(axis=3)
    here = jnp.arange(tall * wide)[:, None] == first[:, :, :, None]
    dx = jnp.where(here, dy[:, :, :, None], 0).reshape(samples, rows, columns, tall, wide, channels)
    dx = dx.swapaxes(2, 3).reshape(samples, rows * tall, columns * wide, channels)
    return jnp.pad(dx, ((0, 0), (0, height - rows * tall), (0, width - columns * wide), (0, 0)))
