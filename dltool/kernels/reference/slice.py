"""Reference slices of arrays (B, …): `axes` pairs the sizes of each axis behind B in the whole and in the part."""

from __future__ import annotations

import builtins

import numpy as np

from dltool.kernels.reference.arrays import namespace
from dltool.kernels.reference.broadcasting import Axes


def slice(x: np.ndarray, *, axes: Axes, start: int) -> np.ndarray:  # noqa: A001
    """y (B, …, size, …) = x (B, …) from `start` on, along the axis that is smaller in y."""
    parts = [builtins.slice(start, start + small) if small != large else builtins.slice(None) for large, small in axes]
    return x[(builtins.slice(None), *parts)]


def slice_gradient(dy: np.ndarray, *, axes: Axes, start: int) -> np.ndarray:
    """dx (B, …) = dy (B, …, size, …) from `start` on, zeros before and behind."""
    xp = namespace(dy)
    around = [(start, large - small - start) if small != large else (0, 0) for large, small in axes]
    return xp.pad(dy, [(0, 0), *around])
