"""Reference convolutions: x (B, H, W, C), y and dy (B, h, w, N), w (kh, kw, C, N).

Series have no H and no kh. Every kernel is a sum over the taps of the window:
y[i, j] sees x[i · stride − top + k · dilation, …].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dltool.kernels.reference.arrays import Array, added_at, namespace


def conv(x: np.ndarray, w: np.ndarray, **geometry: int) -> np.ndarray:
    """y = Σ over the taps of x · w."""
    large, weights = as_images(x), w.reshape(-1, *w.shape[-2:])
    y: Any = sum(seen @ weights[tap] for tap, _, seen in windows(padded_images(large, geometry), geometry))
    return y.reshape(len(x), *output_sizes(x, geometry), w.shape[-1])


def conv_data_gradient(dy: np.ndarray, w: np.ndarray, **geometry: int) -> np.ndarray:
    """dx = Σ over the taps of dy · wᵀ; what overlapping windows give adds up."""
    xp = namespace(dy)
    small, weights = as_images(dy), w.reshape(-1, *w.shape[-2:])
    dx = xp.zeros((len(dy), geometry["height"], geometry["width"], w.shape[-2]), dy.dtype)
    padded = padded_images(dx, geometry)
    for tap, view, _ in windows(padded, geometry):
        padded = added_at(padded, view, small @ weights[tap].T)
    return within_border(padded, geometry).reshape(len(dy), *input_sizes(dy, geometry), w.shape[-2])


def conv_weight_gradient(x: np.ndarray, dy: np.ndarray, *, groups: int, **geometry: int) -> np.ndarray:
    """dw (groups, kh, kw, C, N): for each group of samples, Σ of x at the tap · dy."""
    xp = namespace(x)
    large, small = padded_images(as_images(x), geometry), as_images(dy)
    parts = []
    for rows in groups_of(len(x), groups):
        seen = [each for _, _, each in windows(large[rows], geometry)]
        parts.append([xp.einsum("bhwc,bhwn->cn", each, small[rows]) for each in seen])
    return xp.array(parts).reshape(groups, *kernel_sizes(x, geometry), x.shape[-1], dy.shape[-1])


def sum_groups(x: np.ndarray, *, groups: int, rows: int) -> np.ndarray:
    """y (…) = Σ over the groups of x (groups, …), which have `rows` rows each."""
    return x.reshape(groups, rows, -1).sum(axis=0).reshape(x.shape[1:])


def as_images(x: Array) -> Array:
    """Images (B, H, W, C) of a series (B, T, C) of height 1; images as they are."""
    return x if x.ndim == 4 else x[:, None]


def output_sizes(x: Array, geometry: dict[str, int]) -> tuple[int, ...]:
    """(h, w) of y, (w,) where another value is that of a series."""
    return (geometry["out_height"], geometry["out_width"])[4 - x.ndim :]


def input_sizes(x: Array, geometry: dict[str, int]) -> tuple[int, ...]:
    """(H, W) of x, (W,) where another value is that of a series."""
    return (geometry["height"], geometry["width"])[4 - x.ndim :]


def kernel_sizes(x: Array, geometry: dict[str, int]) -> tuple[int, ...]:
    """(kh, kw), (kw,) where another value is that of a series."""
    return (geometry["kernel_height"], geometry["kernel_width"])[4 - x.ndim :]


def groups_of(samples: int, groups: int) -> list[slice]:
    """The samples of each group."""
    return [slice(g * samples // groups, (g + 1) * samples // groups) for g in range(groups)]


def padded_images(x: Array, geometry: dict[str, int]) -> Array:
    """x with zeros around it, as far as windows reach."""
    xp = namespace(x)
    covered = [
        (geometry[f"out_{axis}"] - 1) * geometry[f"stride_{axis}"]
        + (geometry[f"kernel_{axis}"] - 1) * geometry[f"dilation_{axis}"]
        + 1
        for axis in ("height", "width")
    ]
    before = (geometry["top"], geometry["left"])
    after = [max(0, covered[i] - x.shape[1 + i] - before[i]) for i in range(2)]
    return xp.pad(x, ((0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0)))


def within_border(padded: np.ndarray, geometry: dict[str, int]) -> np.ndarray:
    """What of padded images was there before."""
    top, left = geometry["top"], geometry["left"]
    return padded[:, top : top + geometry["height"], left : left + geometry["width"]]


def windows(padded: Array, geometry: dict[str, int]) -> Iterator[tuple[int, Any, Array]]:
    """For every tap its number, where all windows have it in the padded images, and what is there."""
    for k in range(geometry["kernel_height"]):
        for m in range(geometry["kernel_width"]):
            first = (k * geometry["dilation_height"], m * geometry["dilation_width"])
            steps = (geometry["stride_height"], geometry["stride_width"])
            counts = (geometry["out_height"], geometry["out_width"])
            rows, columns = (
                slice(low, low + (count - 1) * step + 1, step)
                for low, step, count in zip(first, steps, counts, strict=True)
            )
            view = (slice(None), rows, columns)
            yield k * geometry["kernel_width"] + m, view, padded[view]
