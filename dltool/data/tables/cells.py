"""Unusable cells of targets: missing values and infinite numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from dltool.data.arrays.values import unusable
from dltool.errors import InputError, Problem
from dltool.formatting import plural


def require_values(place: Callable[[int], str], columns: Mapping[str, np.ndarray], advice: str) -> None:
    """Raises InputError, with the advice, unless every cell of these columns (rows,) has a value that float32 holds."""
    problems = [problem for column, cells in columns.items() for problem in _gaps(place, column, cells, advice)]
    if problems:
        raise InputError(*problems)


def _gaps(place: Callable[[int], str], column: str, cells: np.ndarray, advice: str) -> Iterator[Problem]:
    missing = np.ma.getmaskarray(cells)
    content = np.ma.getdata(cells)
    bad = np.flatnonzero(missing | unusable(content) if content.dtype.kind == "f" else missing)
    if not bad.size:
        return
    first = int(bad[0])
    here = "has no value" if missing[first] else f"is {content[first]}"
    others = f", and {plural(bad.size - 1, 'more row')} like it" if bad.size > 1 else ""
    yield Problem(f"column '{column}' {here}{others}; {advice.format(column)}", place(first))
