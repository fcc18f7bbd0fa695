"""Convolutions: x (B, H, W, C), y and dy (B, h, w, N), w (kh, kw, C, N); series have no H and no kh.

Those of series are products of matrices, with every window laid out as a row, as long as all windows are not too many
numbers: libraries for GPUs are made for images.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import jax
from jax import lax
from jax import numpy as jnp

from dltool.kernels.reference.conv import as_images, input_sizes, kernel_sizes, output_sizes, padded_images, windows
from dltool.kernels.xla import conv_kernel
from dltool.kernels.xla.bfloat16 import product

AXES = ("height", "width")
#: most numbers in the windows of a batch of series that are laid out as rows
LAID_OUT = 1 << 26


def conv(x: jax.Array, w: jax.Array, **geometry: int) -> jax.Array:
    """y = Σ over the taps of x · w."""
    if _lays_out(x.ndim, len(x), x.shape[-1], geometry):
        return product(_laid_out(x, geometry), w.reshape(-1, w.shape[-1]))
    y = convolved(as_images(x), w.reshape(-1, w.shape[-3], *w.shape[-2:]), geometry)
    return y.reshape(len(x), *output_sizes(x, geometry), w.shape[-1])


def conv_data_gradient(dy: jax.Array, w: jax.Array, **geometry: int) -> jax.Array:
    """dx = Σ over the taps of dy · wᵀ."""
    if _lays_out(dy.ndim, len(dy), w.shape[-2], geometry):
        parts = jnp.split(product(dy, w.reshape(-1, w.shape[-1]).T), geometry["kernel_width"], axis=-1)
        return spread([part[:, None] for part in parts], geometry)[:, 0]
    weights = w.reshape(-1, w.shape[-3], *w.shape[-2:])
    dx = _data_gradient(as_images(dy), weights, geometry)
    return dx.reshape(len(dy), *input_sizes(dy, geometry), w.shape[-2])


def conv_weight_gradient(x: jax.Array, dy: jax.Array, *, groups: int, **geometry: int) -> jax.Array:
    """dw (1, kh, kw, C, N), the sum over all samples: there are no groups here."""
    if _lays_out(x.ndim, len(x), x.shape[-1], geometry):
        rows = _laid_out(x, geometry)
        dw = product(rows.reshape(-1, rows.shape[-1]).T, dy.reshape(-1, dy.shape[-1]))
        return dw.reshape(1, -1, x.shape[-1], dy.shape[-1])
    large, small = as_images(x), as_images(dy)
    if conv_kernel.suits(large, small, geometry["kernel_width"]):
        dw = conv_kernel.weight_gradient(large, small, geometry)
    else:
        dw = _weight_gradient(large, small, geometry)
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
    strides, dilations = _steps(geometry)
    return lax.conv_general_dilated(
        x,
        w,
        strides,
        paddings(geometry),
        rhs_dilation=dilations,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
        preferred_element_type=jnp.float32,
    )


def _data_gradient(dy: jax.Array, w: jax.Array, geometry: Mapping[str, int]) -> jax.Array:
    """dx (B, H, W, C): a convolution of dy, its pixels apart by the strides, with w turned round."""
    strides, dilations = _steps(geometry)
    margins = [
        (extent - 1 - low, size + low - covered + extent - 1) for low, size, covered, extent in _extents(geometry)
    ]
    return lax.conv_general_dilated(
        dy,
        w[::-1, ::-1],
        (1, 1),
        margins,
        lhs_dilation=strides,
        rhs_dilation=dilations,
        dimension_numbers=("NHWC", "HWOI", "NHWC"),
        preferred_element_type=jnp.float32,
    )


def _weight_gradient(x: jax.Array, dy: jax.Array, geometry: Mapping[str, int]) -> jax.Array:
    """dw (kh, kw, C, N): a convolution of x with dy, whose channels are the samples."""
    strides, dilations = _steps(geometry)
    return lax.conv_general_dilated(
        x,
        dy,
        dilations,
        paddings(geometry),
        rhs_dilation=strides,
        dimension_numbers=("CHWN", "IHWO", "HWNC"),
        preferred_element_type=jnp.float32,
    )


def _steps(geometry: Mapping[str, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Strides and dilations of both axes."""
    strides, dilations = (tuple(geometry[f"{what}_{axis}"] for axis in AXES) for what in ("stride", "dilation"))
    return strides, dilations


def paddings(geometry: Mapping[str, int]) -> list[tuple[int, int]]:
    """Of each axis: the padding in front and behind, negative where no window reaches the end of the image."""
    return [(low, covered - size - low) for low, size, covered, _ in _extents(geometry)]


def _extents(geometry: Mapping[str, int]) -> Iterator[tuple[int, int, int, int]]:
    """Of each axis: the padding in front, the size of the image, what all windows cover, and what one covers."""
    for axis, before in zip(AXES, ("top", "left"), strict=True):
        extent = (geometry[f"kernel_{axis}"] - 1) * geometry[f"dilation_{axis}"] + 1
        covered = (geometry[f"out_{axis}"] - 1) * geometry[f"stride_{axis}"] + extent
        yield geometry[before], geometry[axis], covered, extent


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
