"""Reference pools: x and dx (B, H, W, C), y and dy (B, h, w, C); of series, the same without H and h.

The window of y[i, j] begins at x[i · stride − top, j · stride − left].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from dltool.kernels.reference.arrays import added_at, namespace


def max_pool(x: np.ndarray, **geometry: int) -> np.ndarray:
    """y = the largest of each window; NaN is larger than any number, padding smaller."""
    xp = namespace(x)
    seen = _seen(_padded(_as_images(x), -xp.inf, geometry), geometry)
    return seen.max(axis=0).reshape(_small(x, geometry))


def max_pool_gradient(x: np.ndarray, y: np.ndarray, dy: np.ndarray, **geometry: int) -> np.ndarray:
    """dx = Σ over the windows of dy, at the first element of each that is its largest."""
    xp = namespace(x)
    seen = _seen(_padded(_as_images(x), -xp.inf, geometry), geometry)
    first = (xp.isnan(seen) | (seen == _as_images(y))).argmax(axis=0)
    parts = [xp.where(first == tap, _as_images(dy), 0) for tap in range(len(seen))]
    return _shared_out(parts, geometry).reshape(x.shape)


def average_pool(x: np.ndarray, *, include_padding: int, **geometry: int) -> np.ndarray:
    """y = the mean of each window; padding counts as zeros or, without `include_padding`, not at all."""
    seen = _seen(_padded(_as_images(x), 0, geometry), geometry)
    return (seen.sum(axis=0) / _counts(x, include_padding, geometry)).reshape(_small(x, geometry))


def average_pool_gradient(dy: np.ndarray, *, include_padding: int, **geometry: int) -> np.ndarray:
    """dx = Σ over the windows that saw the element of dy / (elements of the window)."""
    share = _as_images(dy) / _counts(dy, include_padding, geometry)
    dx = _shared_out([share] * (geometry["kernel_height"] * geometry["kernel_width"]), geometry)
    return dx if dy.ndim == 4 else dx[:, 0]


def _as_images(x: np.ndarray) -> np.ndarray:
    return x if x.ndim == 4 else x[:, None]


def _small(x: np.ndarray, geometry: dict[str, int]) -> tuple[int, ...]:
    return (len(x), *(geometry["out_height"], geometry["out_width"])[4 - x.ndim :], x.shape[-1])


def _padded(x: np.ndarray, filling: float, geometry: dict[str, int]) -> np.ndarray:
    """x with so much around it that all windows lie within."""
    xp = namespace(x)
    margins = [(0, 0)]
    for axis, before in (("height", "top"), ("width", "left")):
        covered = (geometry[f"out_{axis}"] - 1) * geometry[f"stride_{axis}"] + geometry[f"kernel_{axis}"]
        margins.append((geometry[before], max(0, covered - geometry[before] - geometry[axis])))
    return xp.pad(x, (*margins, (0, 0)), constant_values=filling)


def _places(geometry: dict[str, int]) -> Iterator[Any]:
    """For every place of a window, where all windows have it in the padded images."""
    for row in range(geometry["kernel_height"]):
        for column in range(geometry["kernel_width"]):
            end_row = row + (geometry["out_height"] - 1) * geometry["stride_height"] + 1
            end_column = column + (geometry["out_width"] - 1) * geometry["stride_width"] + 1
            rows = slice(row, end_row, geometry["stride_height"])
            columns = slice(column, end_column, geometry["stride_width"])
            yield slice(None), rows, columns


def _seen(padded: np.ndarray, geometry: dict[str, int]) -> np.ndarray:
    """(places of a window, B, h, w, C): what the windows see."""
    xp = namespace(padded)
    return xp.stack([padded[place] for place in _places(geometry)])


def _counts(x: np.ndarray, include_padding: int, geometry: dict[str, int]) -> np.ndarray:
    """(1, h, w, 1): elements of each window."""
    xp = namespace(x)
    ones = xp.ones((1, geometry["height"], geometry["width"], 1), x.dtype)
    return _seen(_padded(ones, include_padding, geometry), geometry).sum(axis=0)


def _shared_out(parts: list[np.ndarray], geometry: dict[str, int]) -> np.ndarray:
    """dx (B, H, W, C) from what goes to every place of the windows, added up where windows overlap."""
    xp = namespace(parts[0])
    shape = (len(parts[0]), geometry["height"], geometry["width"], parts[0].shape[-1])
    padded = _padded(xp.zeros(shape, parts[0].dtype), 0, geometry)
    for place, part in zip(_places(geometry), parts, strict=True):
        padded = added_at(padded, place, part)
    top, left = geometry["top"], geometry["left"]
    return padded[:, top : top + geometry["height"], left : left + geometry["width"]]
