"""Cells without a value, as encoders of numbers treat them: filled in, and told apart by an indicator."""

from __future__ import annotations

import numpy as np

LARGEST = float(np.finfo(np.float32).max)


def filled(cells: np.ndarray, value: float) -> np.ndarray:
    """Float64 (rows,) with a value in place of what is missing; not a number counts as missing."""
    numbers = np.ma.filled(cells.astype(np.float64), np.nan)
    return np.where(np.isnan(numbers), value, numbers)


def missing(cells: np.ndarray) -> np.ndarray:
    """Where cells (rows,) have no value."""
    mask = np.ma.getmaskarray(cells)
    content = np.ma.getdata(cells)
    return mask | np.isnan(content) if content.dtype.kind == "f" else mask


def present(cells: np.ndarray) -> np.ndarray:
    """The numbers among the cells that float32 holds, float64."""
    numbers = np.ma.compressed(cells).astype(np.float64)
    return numbers[np.abs(numbers) <= LARGEST]
