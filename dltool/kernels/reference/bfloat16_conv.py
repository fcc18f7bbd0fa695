"""Reference convolutions in bfloat16: those of numbers, out of words of two numbers each."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.conv import conv, conv_data_gradient, conv_weight_gradient
from dltool.kernels.reference.pairs import unpaired


def bfloat16_conv(x: np.ndarray, w: np.ndarray, **geometry: int) -> np.ndarray:
    """y (B, h, w, N), of words (B, H, W, C/2) and (kh, kw, C/2, N)."""
    return conv(unpaired(x, -1), unpaired(w, -2), **geometry)


def bfloat16_conv_data_gradient(dy: np.ndarray, w: np.ndarray, **geometry: int) -> np.ndarray:
    """dx (B, H, W, C), of words (B, h, w, N/2) and (kh, kw, N/2, C); behind the last row of w may be rows of zeros."""
    weights = unpaired(w[..., : dy.shape[-1], :], -2).swapaxes(-1, -2)
    return conv_data_gradient(unpaired(dy, -1), weights, **geometry)


def bfloat16_conv_weight_gradient(
    x: np.ndarray, dy: np.ndarray, *, groups: int, channels: int, filters: int, **geometry: int
) -> np.ndarray:
    """dw (groups, kh, kw, C, N), of words (B, H, W, C/2) and (B, h, w, N/2)."""
    numbers = unpaired(x, -1)[..., :channels], unpaired(dy, -1)[..., :filters]
    return conv_weight_gradient(*numbers, groups=groups, **geometry)
