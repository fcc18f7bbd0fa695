"""Reference depthwise convolutions: x (B, H, W, C), y and dy (B, h, w, C), w (kh, kw, 1, C); series without H."""

from __future__ import annotations

from typing import Any

import numpy as np

from dltool.kernels.reference.arrays import added_at, namespace
from dltool.kernels.reference.conv import (
    as_images,
    groups_of,
    input_sizes,
    kernel_sizes,
    output_sizes,
    padded_images,
    windows,
    within_border,
)


def depthwise(x: np.ndarray, w: np.ndarray, **geometry: int) -> np.ndarray:
    """y (B, h, w, C) = Σ over the taps of x · w (kh, kw, 1, C), channel by channel."""
    weights = w.reshape(-1, w.shape[-1])
    y: Any = sum(seen * weights[tap] for tap, _, seen in windows(padded_images(as_images(x), geometry), geometry))
    return y.reshape(len(x), *output_sizes(x, geometry), w.shape[-1])


def depthwise_data_gradient(dy: np.ndarray, w: np.ndarray, **geometry: int) -> np.ndarray:
    """dx = Σ over the taps of dy · w; what overlapping windows give adds up."""
    xp = namespace(dy)
    small, weights = as_images(dy), w.reshape(-1, w.shape[-1])
    padded = padded_images(xp.zeros((len(dy), geometry["height"], geometry["width"], w.shape[-1]), dy.dtype), geometry)
    for tap, view, _ in windows(padded, geometry):
        padded = added_at(padded, view, small * weights[tap])
    return within_border(padded, geometry).reshape(len(dy), *input_sizes(dy, geometry), w.shape[-1])


def depthwise_weight_gradient(x: np.ndarray, dy: np.ndarray, *, groups: int, **geometry: int) -> np.ndarray:
    """dw (groups, kh, kw, 1, C): for each group of samples, Σ of x at the tap · dy, channel by channel."""
    xp = namespace(x)
    large, small = padded_images(as_images(x), geometry), as_images(dy)
    parts = []
    for rows in groups_of(len(x), groups):
        seen = [each for _, _, each in windows(large[rows], geometry)]
        parts.append([(each * small[rows]).sum((0, 1, 2)) for each in seen])
    return xp.array(parts).reshape(groups, *kernel_sizes(x, geometry), 1, x.shape[-1])
