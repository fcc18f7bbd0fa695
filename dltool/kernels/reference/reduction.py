"""Reference reductions: arrays (B, …), `axes` pairs the sizes of each axis behind B before and after."""

from __future__ import annotations

import numpy as np

from dltool.kernels.reference.broadcasting import Axes


def sum(x: np.ndarray, *, axes: Axes) -> np.ndarray:  # noqa: A001
    """y (B, …) = Σ over the axes of x that have size 1 in y."""
    return x.sum(axis=_reduced(axes), keepdims=True)


def mean(x: np.ndarray, *, axes: Axes) -> np.ndarray:
    """y (B, …) = the mean over the axes of x that have size 1 in y."""
    return x.mean(axis=_reduced(axes), keepdims=True)


def sum_products(a: np.ndarray, b: np.ndarray, *, axes: Axes) -> np.ndarray:
    """y (B, …) = Σ a · b over the axes that have size 1 in y."""
    return sum(a * b, axes=axes)


def sum_samples(dy: np.ndarray) -> np.ndarray:
    """db (…) = Σ over B of dy (B, …)."""
    return dy.sum(axis=0)


def _reduced(axes: Axes) -> tuple[int, ...]:
    return tuple(i for i, (before, after) in enumerate(axes, start=1) if before != after)
