"""From stored arrays to the features and targets of a source, for all formats of arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.errors import InputError, Problem

LARGEST = float(np.finfo(np.float32).max)
#: whole numbers up to this are exact as float64
EXACT = 1 << 53


def features_of(array: np.ndarray, where: str, first: int = 0) -> np.ndarray:
    """Features (rows, …): bytes and floats unchanged, other numbers as float64.

    `where` names the array for messages, and `first` is the index of the first row in it.
    """
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind in "iu":
        _require_exact(array, where, first)
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
    if array.dtype.kind in "SU" and array.ndim == 1:
        return {name: _texts(array, where)}
    require_numbers(array.dtype, where)
    if array.dtype.kind == "f":
        _require_usable(array, where)
    if array.ndim == 1:
        return {name: array}
    return {f"{name}_{i}": array[:, i] for i in range(array.shape[1])}


def require_rows(shape: tuple[int, ...], where: str) -> None:
    """Raises InputError unless arrays of this shape hold samples with at least one number each."""
    if len(shape) < 2 or min(shape) < 1:
        hint = "; for one number in each row, save x[:, None]" if len(shape) == 1 and shape[0] else ""
        message = f"features must have rows and at least one number in each, got {list(shape)}{hint}"
        raise InputError(Problem(message, where))


def require_numbers(dtype: np.dtype, where: str) -> None:
    """Raises InputError for complex numbers, text, dates and records."""
    if dtype.names:
        names = ", ".join(dtype.names)
        raise InputError(Problem(f"holds records of {names}; save an array of plain numbers, a column each", where))
    if dtype.kind not in "buif":
        raise InputError(Problem(f"numbers are needed, got {dtype.name}", where))


def unusable(array: np.ndarray) -> np.ndarray:
    """Where floats are not finite or too large for float32."""
    return ~(np.abs(array) <= LARGEST)


def _texts(array: np.ndarray, where: str) -> np.ndarray:
    """Labels (rows,), bytes decoded as UTF-8; raises InputError for empty labels and other bytes."""
    try:
        texts = np.char.decode(array, "utf-8") if array.dtype.kind == "S" else array
    except UnicodeDecodeError:
        raise InputError(Problem("bytes that are not UTF-8 text; save the labels as text", where)) from None
    empty = np.flatnonzero(np.char.strip(texts) == "")
    if empty.size:
        others = f", and {empty.size - 1} more like it" if empty.size > 1 else ""
        raise InputError(Problem(f"the label at [{empty[0]}] is empty{others}", where))
    return texts


def _require_exact(array: np.ndarray, where: str, first: int) -> None:
    if array.max() <= EXACT and array.min() >= -EXACT:
        return
    row, *rest = (int(i) for i in np.argwhere((array > EXACT) | (array < -EXACT))[0])
    message = (
        f"the value at {[first + row, *rest]} is {array[row, *rest]}, and float64 rounds whole numbers beyond 2^53"
    )
    raise InputError(Problem(f"{message}; if that does no harm, save them as float64", where))


def _require_usable(array: np.ndarray, where: str, first: int = 0) -> None:
    # NaN fails both comparisons; unlike a mask, the extremes take no memory
    if array.min() >= -LARGEST and array.max() <= LARGEST:
        return
    bad = unusable(array)
    row, *rest = (int(i) for i in np.argwhere(bad)[0])
    others = f", and at least {bad.sum() - 1} more like it" if bad.sum() > 1 else ""
    message = f"the value at {[first + row, *rest]} is {array[row, *rest]:g}{others}"
    raise InputError(Problem(f"{message}; numbers must be finite and fit float32", where))
