"""Depthwise convolutions: x (B, H, W, C), y and dy (B, h, w, C), w (kh, kw, 1, C); series have no H and no kh.

On a GPU they are convolutions of XLA, in as many groups as channels, and gradients of weights a kernel of their own. On
the processor those are slow, and taps are added up as the reference does.
"""

from __future__ import annotations

import jax

from dltool.kernels import reference
from dltool.kernels.reference.conv import as_images, input_sizes, kernel_sizes, output_sizes
from dltool.kernels.xla import conv_kernel
from dltool.kernels.xla.bfloat16 import widened
from dltool.kernels.xla.conv import convolved, spread
from dltool.kernels.xla.gpu import shared_memory


def depthwise(x: jax.Array, w: jax.Array, **geometry: int) -> jax.Array:
    """y = Σ over the taps of x · w."""
    x, w = widened(x), widened(w)
    if not _in_groups():
        return reference.find("depthwise")(x, w, **geometry)
    y = convolved(as_images(x), _as_image_kernel(w), geometry, groups=w.shape[-1])
    return y.reshape(len(x), *output_sizes(x, geometry), w.shape[-1])


def depthwise_data_gradient(dy: jax.Array, w: jax.Array, **geometry: int) -> jax.Array:
    """dx = Σ over the taps of dy · w; what overlapping windows give adds up."""
    dy, w = widened(dy), widened(w)
    small = as_images(dy)
    if _in_groups():
        weights = _as_image_kernel(w)
        large = jax.ShapeDtypeStruct((len(dy), geometry["height"], geometry["width"], w.shape[-1]), dy.dtype)
        (dx,) = jax.linear_transpose(lambda x: convolved(x, weights, geometry, groups=w.shape[-1]), large)(small)
    else:
        dx = spread([small * weight for weight in w.reshape(-1, w.shape[-1])], geometry)
    return dx.reshape(len(dy), *input_sizes(dy, geometry), w.shape[-1])


def depthwise_weight_gradient(x: jax.Array, dy: jax.Array, *, groups: int, **geometry: int) -> jax.Array:
    """dw (1, kh, kw, 1, C), the sum over all samples: there are no groups of samples here."""
    x, dy = widened(x), widened(dy)
    if not _in_groups():
        return reference.find("depthwise_weight_gradient")(x, dy, groups=1, **geometry)
    large, small = as_images(x), as_images(dy)
    if shared_memory():
        dw = conv_kernel.weight_gradient_by_channel(large, small, geometry)
    else:
        kernel = (geometry["kernel_height"], geometry["kernel_width"], 1, x.shape[-1])
        weights = jax.ShapeDtypeStruct(kernel, dy.dtype)
        (dw,) = jax.linear_transpose(lambda w: convolved(large, w, geometry, groups=x.shape[-1]), weights)(small)
    return dw.reshape(1, *kernel_sizes(x, geometry), *dw.shape[2:])


def _in_groups() -> bool:
    return jax.default_backend() == "gpu"


def _as_image_kernel(w: jax.Array) -> jax.Array:
    return w.reshape(-1, w.shape[-3], *w.shape[-2:])
