"""Gradients of depthwise convolutions: x (B, H, W, C), dy (B, h, w, C), w (kh, kw, 1, C); series without H and kh.

They add up taps, as the forward does: XLA's own, a convolution in as many groups as channels, is slower.
"""

from __future__ import annotations

import jax

from dltool.kernels import reference
from dltool.kernels.reference.conv import as_images, input_sizes
from dltool.kernels.xla.conv import spread


def depthwise_data_gradient(dy: jax.Array, w: jax.Array, **geometry: int) -> jax.Array:
    """dx = Σ over the taps of dy · w; what overlapping windows give adds up."""
    small = as_images(dy)
    dx = spread([small * weight for weight in w.reshape(-1, w.shape[-1])], geometry)
    return dx.reshape(len(dy), *input_sizes(dy, geometry), w.shape[-1])


def depthwise_weight_gradient(x: jax.Array, dy: jax.Array, *, groups: int, **geometry: int) -> jax.Array:
    """dw (1, kh, kw, 1, C), the sum over all samples: there are no groups here."""
    return reference.find("depthwise_weight_gradient")(x, dy, groups=1, **geometry)
