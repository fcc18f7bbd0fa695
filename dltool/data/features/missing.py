"""Missing cells in encoders of numbers: filled in, and marked by an indicator."""

from __future__ import annotations

import numpy as np

LARGEST = float(np.finfo(np.float32).max)


def filled(cells: np.ndarray, value: float) -> np.ndarray:
    """Cells as float64 (rows,) with `value` in place of missing cells and NaN."""
    numbers = np.ma.filled(cells.astype(np.float64), np.nan)
    absent = np.isnan(numbers)
    return np.where(absent, value, numbers) if absent.any() else numbers


def missing(cells: np.ndarray) -> np.ndarray:
    """Which cells (rows,) are missing or NaN."""
    mask = np.ma.getmaskarray(cells)
    content = np.ma.getdata(cells)
    return mask | np.isnan(content) if content.dtype.kind == "f" else mask


def present(cells: np.ndarray) -> np.ndarray:
    """The cells that have a value within the range of float32, as float64."""
    numbers = np.ma.compressed(cells).astype(np.float64)
    return numbers[np.abs(numbers) <= LARGEST]
