"""Convolutions: x (B, H, W, C), y and dy (B, h, w, N), w (kh, kw, C, N); series have no H and no kh.

Those of series are products of matrices, with every window laid out as a row, as long as all windows are not too many
numbers: libraries for GPUs are made for images.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
from jax import lax
from jax import numpy as jnp

from dltool.kernels.reference.conv import as_images, input_sizes, kernel_sizes, output_sizes, padded_images, windows
from dltool.kernels.xla import conv_kernel

AXES = ("height", "width")
#: most numbers in the windows of a batch of series that are laid out as rows
LAID_OUT = 1 << 26


def conv(x: jax.Array, w: jax.Array, **geometry: int) -> jax.Array:
    """y = Σ over the taps of x · w."""
    if _lays_out(x.ndim, len(x), x.shape[-1], geometry):
        return _laid_out(x, geometry) @ w.reshape(-1, w.shape[-1])
    y = convolved(as_images(x), w.reshape(-1, w.shape[-3], *w.shape[-2:]), geometry)
    return y.reshape(len(x), *output_sizes(x, geometry), w.shape[-1])


def conv_data_gradient(dy: jax.Array, w: jax.Array, **geometry: int) -> jax.Array:
    """dx = Σ over the taps of dy · wᵀ."""
    if _lays_out(dy.ndim, len(dy), w.shape[-2], geometry):
        parts = jnp.split(dy @ w.reshape(-1, w.shape[-1]).T, geometry["kernel_width"], axis=-1)
        return spread([part[:, None] for part in parts], geometry)[:, 0]
    weights = w.reshape(-1, w.shape[-3], *w.shape[-2:])
    large = jax.ShapeDtypeStruct((len(dy), geometry["height"], geometry["width"], w.shape[-2]), dy.dtype)
    (dx,) = jax.linear_transpose(lambda x: convolved(x, weights, geometry), large)(as_images(dy))
    return dx.reshape(len(dy), *input_sizes(dy, geometry), w.shape[-2])


def conv_weight_gradient(x: jax.Array, dy: jax.Array, *, groups: int, **geometry: int) -> jax.Array:
    """dw (1, kh, kw, C, N), the sum over all samples: there are no groups here."""
    if _lays_out(x.ndim, len(x), x.shape[-1], geometry):
        rows = _laid_out(x, geometry)
        dw = rows.reshape(-1, rows.shape[-1]).T @ dy.reshape(-1, dy.shape[-1])
        return dw.reshape(1, -1, x.shape[-1], dy.shape[-1])
    large, small = as_images(x), as_images(dy)
    if conv_kernel.suits(large, small, geometry["kernel_width"]):
        dw = conv_kernel.weight_gradient(large, small, geometry)
    else:
        kernel = (geometry["kernel_height"], geometry["kernel_width"], x.shape[-1], dy.shape[-1])
        weights = jax.ShapeDtypeStruct(kernel, dy.dtype)
        (dw,) = jax.linear_transpose(lambda w: convolved(large, w, geometry), weights)(small)
    return dw.reshape(1, *kernel_sizes(x, geometry), *dw.shape[2:])


def sum_groups(x: jax.Array, *, groups: int, rows: int) -> jax.Array:
    """y (…) = Σ over the groups of x (groups, …), however many there are."""
    return x.sum(axis=0)


def _lays_out(axes: int, samples: int, channels: int, geometry: Mapping[str, int]) -> bool:
    return axes == 3 and samples * geometry["out_width"] * geometry["kernel_width"] * channels <= LAID_OUT


def _laid_out(x: jax.Array, geometry: dict[str, int]) -> jax.Array:
    """The windows (B, w, kw · C) of series (B, W, C)."""
    padded = padded_images(as_images(x), geometry)
    return jnp.concatenate([seen[:, 0] for _, _, seen in windows(padded, geometry)], axis=-1)


def convolved(x: jax.Array, w: jax.Array, geometry: Mapping[str, int], *, groups: int = 1) -> jax.Array:
    """y (B, h, w, N) of images x and w (kh, kw, C / groups, N)."""
    strides, dilations = ([geometry[f"{what}_{axis}"] for axis in AXES] for what in ("stride", "dilation"))
    margins = []
    for axis, before in zip(AXES, ("top", "left"), strict=True):
        reach = (geometry[f"kernel_{axis}"] - 1) * geometry[f"dilation_{axis}"] + 1
        covered = (geometry[f"out_{axis}"] - 1) * geometry[f"stride_{axis}"] + reach
        margins.append((geometry[before], covered - geometry[axis] - geometry[before]))
    layout = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(
        x, w, strides, margins, rhs_dilation=dilations, dimension_numbers=layout, feature_group_count=groups
    )


def spread(parts: list[jax.Array], geometry: Mapping[str, int]) -> jax.Array:
    """dx (B, H, W, C) from what goes to each tap of the windows (B, h, w, C), added up where windows overlap."""
    total = jnp.zeros((), parts[0].dtype)
    for tap, part in enumerate(parts):
        places = divmod(tap, geometry["kernel_width"])
        margins = [(0, 0, 0)]
        for axis, before, place in zip(AXES, ("top", "left"), places, strict=True):
            stride = geometry[f"stride_{axis}"]
            low = place * geometry[f"dilation_{axis}"] - geometry[before]
            margins.append((low, geometry[axis] - low - (geometry[f"out_{axis}"] - 1) * stride - 1, stride - 1))
        total = total + lax.pad(part, jnp.zeros((), part.dtype), [*margins, (0, 0, 0)])
    return total
