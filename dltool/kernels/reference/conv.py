"""Reference convolutions: x (B, H, W, C), y and dy (B, h, w, N), w (kh, kw, C, N).

Series have no H and no kh. Every kernel is a sum over the places of the window:
y[i, j] sees x[i · stride − top + k · dilation, …].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dltool.kernels.reference.arrays import added_at, namespace


def conv(x: np.ndarray, w: np.ndarray, **geometry: int) -> np.ndarray:
    """y = Σ over the places of x there · w there."""
    large, weights = _as_images(x), w.reshape(-1, *w.shape[-2:])
    y: Any = sum(seen @ weights[tap] for tap, _, seen in _windows(_padded(large, geometry), geometry))
    return y.reshape(len(x), *_small(x, geometry), w.shape[-1])


def conv_data_gradient(dy: np.ndarray, w: np.ndarray, **geometry: int) -> np.ndarray:
    """dx = Σ over the places of dy · wᵀ there, which add up where windows overlap."""
    xp = namespace(dy)
    small, weights = _as_images(dy), w.reshape(-1, *w.shape[-2:])
    dx = xp.zeros((len(dy), geometry["height"], geometry["width"], w.shape[-2]), dy.dtype)
    padded = _padded(dx, geometry)
    for tap, view, _ in _windows(padded, geometry):
        padded = added_at(padded, view, small @ weights[tap].T)
    return _within(padded, geometry).reshape(len(dy), *_large(dy, geometry), w.shape[-2])


def conv_weight_gradient(x: np.ndarray, dy: np.ndarray, *, groups: int, **geometry: int) -> np.ndarray:
    """dw (groups, kh, kw, C, N): of each group of samples Σ of x at the place · dy."""
    xp = namespace(x)
    large, small = _padded(_as_images(x), geometry), _as_images(dy)
    parts = []
    for rows in _groups(len(x), groups):
        seen = [each for _, _, each in _windows(large[rows], geometry)]
        parts.append([xp.einsum("bhwc,bhwn->cn", each, small[rows]) for each in seen])
    return xp.array(parts).reshape(groups, *_kernel(x, geometry), x.shape[-1], dy.shape[-1])


def depthwise(x: np.ndarray, w: np.ndarray, **geometry: int) -> np.ndarray:
    """y (B, h, w, C) = Σ over the places of x there · w (kh, kw, 1, C) there, channel by channel."""
    weights = w.reshape(-1, w.shape[-1])
    y: Any = sum(seen * weights[tap] for tap, _, seen in _windows(_padded(_as_images(x), geometry), geometry))
    return y.reshape(len(x), *_small(x, geometry), w.shape[-1])


def depthwise_data_gradient(dy: np.ndarray, w: np.ndarray, **geometry: int) -> np.ndarray:
    """dx = Σ over the places of dy · w there, which add up where windows overlap."""
    xp = namespace(dy)
    small, weights = _as_images(dy), w.reshape(-1, w.shape[-1])
    padded = _padded(xp.zeros((len(dy), geometry["height"], geometry["width"], w.shape[-1]), dy.dtype), geometry)
    for tap, view, _ in _windows(padded, geometry):
        padded = added_at(padded, view, small * weights[tap])
    return _within(padded, geometry).reshape(len(dy), *_large(dy, geometry), w.shape[-1])


def depthwise_weight_gradient(x: np.ndarray, dy: np.ndarray, *, groups: int, **geometry: int) -> np.ndarray:
    """dw (groups, kh, kw, 1, C): of each group of samples Σ of x at the place · dy, channel by channel."""
    xp = namespace(x)
    large, small = _padded(_as_images(x), geometry), _as_images(dy)
    parts = []
    for rows in _groups(len(x), groups):
        seen = [each for _, _, each in _windows(large[rows], geometry)]
        parts.append([(each * small[rows]).sum((0, 1, 2)) for each in seen])
    return xp.array(parts).reshape(groups, *_kernel(x, geometry), 1, x.shape[-1])


def sum_groups(x: np.ndarray, *, groups: int, rows: int) -> np.ndarray:
    """y (…) = Σ over the groups of x (groups, …), each of so many rows."""
    return x.reshape(groups, rows, -1).sum(axis=0).reshape(x.shape[1:])


def _as_images(x: np.ndarray) -> np.ndarray:
    return x if x.ndim == 4 else x[:, None]


def _small(x: np.ndarray, geometry: dict[str, int]) -> tuple[int, ...]:
    return (geometry["out_height"], geometry["out_width"])[4 - x.ndim :]


def _large(x: np.ndarray, geometry: dict[str, int]) -> tuple[int, ...]:
    return (geometry["height"], geometry["width"])[4 - x.ndim :]


def _kernel(x: np.ndarray, geometry: dict[str, int]) -> tuple[int, ...]:
    return (geometry["kernel_height"], geometry["kernel_width"])[4 - x.ndim :]


def _groups(samples: int, groups: int) -> list[slice]:
    return [slice(g * samples // groups, (g + 1) * samples // groups) for g in range(groups)]


def _padded(x: np.ndarray, geometry: dict[str, int]) -> np.ndarray:
    """x with zeros around it, as far as windows reach."""
    xp = namespace(x)
    reach = [
        (geometry[f"out_{axis}"] - 1) * geometry[f"stride_{axis}"]
        + (geometry[f"kernel_{axis}"] - 1) * geometry[f"dilation_{axis}"]
        + 1
        for axis in ("height", "width")
    ]
    before = (geometry["top"], geometry["left"])
    after = [max(0, reach[i] - x.shape[1 + i] - before[i]) for i in range(2)]
    return xp.pad(x, ((0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0)))


def _within(padded: np.ndarray, geometry: dict[str, int]) -> np.ndarray:
    top, left = geometry["top"], geometry["left"]
    return padded[:, top : top + geometry["height"], left : left + geometry["width"]]


def _windows(padded: np.ndarray, geometry: dict[str, int]) -> Iterator[tuple[int, Any, np.ndarray]]:
    """For every place of the kernel its number, where all windows have it in the padded images, and what is there."""
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
