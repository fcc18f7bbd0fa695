"""Reference group normalization: x, y, dy and normalized (B, …, C), inverse_std (B, C), gain and bias (C,).

Means are over all positions of a sample and the channels of a group. Wu and He, Group Normalization, 2018.
"""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.arrays import namespace


def group_norm(
    x: np.ndarray, gain: np.ndarray, bias: np.ndarray, *, groups: int, eps: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(y, normalized, inverse_std): y = normalized · gain + bias, normalized = (x − mean) · inverse_std."""
    xp = namespace(x)
    cut = _by_group(x, groups)
    centered = cut - cut.mean(axis=(1, 3), keepdims=True)
    inverse_std = 1 / xp.sqrt(xp.square(centered).mean(axis=(1, 3), keepdims=True) + eps)
    normalized = (centered * inverse_std).reshape(x.shape)
    per_channel = xp.repeat(inverse_std.reshape(len(x), groups), x.shape[-1] // groups, axis=1)
    return normalized * gain + bias, normalized, per_channel


def group_norm_gradient(
    dy: np.ndarray, normalized: np.ndarray, inverse_std: np.ndarray, gain: np.ndarray, *, groups: int
) -> np.ndarray:
    """dx = inverse_std · (g − mean(g) − normalized · mean(g · normalized)), g = dy · gain."""
    g, n = _by_group(dy * gain, groups), _by_group(normalized, groups)
    projection = (g * n).mean(axis=(1, 3), keepdims=True)
    slope = (g - g.mean(axis=(1, 3), keepdims=True) - n * projection).reshape(len(dy), -1, dy.shape[-1])
    return (inverse_std[:, None] * slope).reshape(dy.shape)


def _by_group(x: np.ndarray, groups: int) -> np.ndarray:
    """(B, positions, groups, channels of a group)."""
    return x.reshape(len(x), -1, groups, x.shape[-1] // groups)
