"""Columns of groups and times, by which rows are divided or ordered."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dltool.data.files.quoting import shown
from dltool.errors import InputError, Problem
from dltool.formatting import plural

#: where a row stands, for messages
Place = Callable[[int], str]

DAY = np.timedelta64(1, "D")


def require_cells(cells: np.ndarray, column: str, path: str, place: Place) -> None:
    """Raises InputError with the first row that has nothing in the column."""
    missing = np.ma.getmaskarray(cells)
    if cells.dtype.kind in "fM":
        missing = missing | np.isnan(np.ma.getdata(cells))
    empty = np.flatnonzero(missing)
    if empty.size:
        others = f", and {plural(empty.size - 1, 'more row')} like it" if empty.size > 1 else ""
        message = f"column '{column}' has no value{others}; {path} needs one in every row"
        raise InputError(Problem(message, place(int(empty[0]))))


def group_numbers(columns: Sequence[np.ndarray], rows: int) -> np.ndarray:
    """For each row (rows,) the number of its group, these sorted by their cells; without columns, one group."""
    numbers = np.zeros(rows, np.int64)
    for cells in columns:
        _, inverse = np.unique(np.ma.getdata(cells), return_inverse=True)
        _, numbers = np.unique(numbers * (int(inverse.max()) + 1) + inverse, return_inverse=True)
    return numbers


def times_of(cells: np.ndarray, column: str, path: str, place: Place) -> np.ndarray:
    """The times in a column (rows,): datetime64, also for numbers such as 20240131, else numbers.

    Raises InputError for a row without one, and for text, with the line that differs from most.
    """
    require_cells(cells, column, path, place)
    times = np.ma.getdata(cells)
    if times.dtype.kind not in "Miuf":
        row, usual = _odd(times)
        meant = f", where most cells are like {shown(usual)}" if usual else ""
        message = f"column '{column}' holds {shown(times[row])}{meant}; {path} takes dates or numbers"
        raise InputError(Problem(message, place(row)))
    if times.dtype.kind == "M":
        return times
    dates = _calendar(times)
    return times if dates is None else dates


def moment(time: np.generic) -> str:
    """A date as short as it can be written, or a number."""
    if not isinstance(time, np.datetime64):
        return f"{time:.10g}"
    return str(time.astype("datetime64[s]")).replace("T", " ").removesuffix(" 00:00:00")


def moment_of(text: str | float, times: np.ndarray, path: str, where: str = "") -> Any:
    """The time that a config writes, as comparable with `times`; raises InputError with an example if it is none."""
    try:
        if times.dtype.kind != "M":
            number = np.float64(text)
            if np.isnan(number):
                raise ValueError
            return number
        date = np.datetime64(str(text).strip().replace(" ", "T"))
        if np.isnat(date):
            raise ValueError
        return date
    except ValueError:
        example = moment(times[len(times) // 2])
        raise InputError(Problem(f"{shown(text)} is no time; write one like {example}", where, path)) from None


def _odd(cells: np.ndarray) -> tuple[int, str]:
    """The first cell that is not written as most are, and one of these; else the first of all, and nothing."""
    forms = [re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", str(cell))) for cell in cells.tolist()]
    _, first, inverse, counts = np.unique(forms, return_index=True, return_inverse=True, return_counts=True)
    usual = counts.argmax()
    others = np.flatnonzero(inverse != usual)
    if 2 * counts[usual] <= len(cells) or not others.size:
        return 0, ""
    return int(others[0]), str(cells[first[usual]])


def _calendar(numbers: np.ndarray) -> np.ndarray | None:
    """Numbers that are all dates, written as 20240131 or 202401, as such."""
    if not np.array_equal(numbers, np.trunc(numbers)) or len(numbers) < 2:
        return None
    low, high = numbers.min(), numbers.max()
    for days, least, most in ((100, 1900_01_01, 2100_12_31), (1, 1900_01, 2100_12)):
        if least <= low < high <= most:
            whole = numbers.astype(np.int64)
            month, day = whole // days % 100, (whole % days if days > 1 else np.ones_like(whole))
            months = ((whole // days // 100 - 1970) * 12 + month - 1).astype("datetime64[M]")
            dates = months.astype("datetime64[D]") + (day - 1) * DAY
            real = (month >= 1) & (month <= 12) & (day >= 1) & (dates.astype("datetime64[M]") == months)
            return dates.astype("datetime64[us]") if real.all() else None
    return None
