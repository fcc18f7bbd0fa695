"""What formats that hold arrays share: from an array as stored to features and targets as a source gives them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.errors import InputError, Problem

LARGEST = float(np.finfo(np.float32).max)


def features_of(array: np.ndarray, where: str, first: int = 0) -> np.ndarray:
    """Features (rows, …): bytes and floats as they are, other numbers as float64.

    `where` names the array of which these are the rows from `first` on.
    """
    if array.dtype == np.uint8:
        return array
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    _require_usable(array, where, first)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def targets_of(array: np.ndarray, name: str, where: str) -> Mapping[str, np.ndarray]:
    """Targets (rows,) by name: `name`, or `name_0`, `name_1`, … for the columns of a matrix."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2) or not array.size:
        raise InputError(
            Problem(f"targets must be one number or one row for each sample, got {list(array.shape)}", where)
        )
    if array.dtype.kind == "U" and array.ndim == 1:
        return {name: array}
    require_numbers(array.dtype, where)
    if array.dtype.kind == "f":
        _require_usable(array, where)
    if array.ndim == 1:
        return {name: array}
    return {f"{name}_{i}": array[:, i] for i in range(array.shape[1])}


def require_rows(shape: tuple[int, ...], where: str) -> None:
    """Raises InputError unless arrays of this shape hold samples of at least one number."""
    if len(shape) < 2 or min(shape) < 1:
        raise InputError(Problem(f"features must have rows and at least one number in each, got {list(shape)}", where))


def require_numbers(dtype: np.dtype, where: str) -> None:
    """Raises InputError for complex numbers, text, dates and records."""
    if dtype.kind not in "buif":
        raise InputError(Problem(f"numbers are needed, got {dtype.name}", where))


def unusable(array: np.ndarray) -> np.ndarray:
    """Where floats are not finite, or beyond what float32 holds."""
    return ~(np.abs(array) <= LARGEST)


def _require_usable(array: np.ndarray, where: str, first: int = 0) -> None:
    # NaN is neither; the extremes take no memory, unlike looking at each value
    if array.min() >= -LARGEST and array.max() <= LARGEST:
        return
    bad = unusable(array)
    row, *rest = (int(i) for i in np.argwhere(bad)[0])
    others = f", and at least {bad.sum() - 1} more are like it" if bad.sum() > 1 else ""
    message = f"the value at {[first + row, *rest]} is {array[row, *rest]:g}{others}"
    raise InputError(Problem(f"{message}; numbers must be finite and fit float32", where))
