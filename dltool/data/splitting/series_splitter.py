"""Splitting samples of time series: the latest are set apart, and no target is in two parts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.data.readers.outline import TimeOrder
from dltool.data.splitting.splitters import Splitter
from dltool.errors import InputError, Problem
from dltool.formatting import plural

#: order in which parts give up rows if two are too close to each other
GIVES_WAY = ("train", "validation", "test")


class SeriesSplitter(Splitter):
    """The latest samples of every series."""

    def __init__(self, time_order: TimeOrder, rows: int):
        self._shared = time_order.shared
        self._ends = np.cumsum(time_order.sizes or (rows,))
        self._left_out = 0
        self._origin = ""

    def take(self, free: np.ndarray, count: int) -> np.ndarray:
        """The last free samples; earlier ones that share targets with them are left out of all parts."""
        rows = np.flatnonzero(free)
        ends = np.searchsorted(rows, self._ends)
        shares = np.diff(ends * count // len(rows), prepend=0)
        taken = []
        for low, high, share in zip([0, *ends[:-1]], ends, shares, strict=True):
            first = high - share
            between = rows[max(low, first - self._shared) : first] if share else rows[:0]
            self._left_out += len(between)
            free[between] = False
            taken.append(rows[first:high])
        return np.concatenate(taken)

    def fold(self, free: np.ndarray, number: int, of: int) -> np.ndarray:
        """The samples after one of `of` rolling origins, which divide each series into `of` + 1 equal stretches.

        Everything later is left out of all parts, and so are samples before the origin that share targets with these,
        for which the first stretch is longer. Raises InputError where nothing is left.
        """
        rows = np.flatnonzero(free)
        ends = np.searchsorted(rows, self._ends)
        taken = []
        for low, high in zip([0, *ends[:-1]], ends, strict=True):
            stretches = max(0, high - low - self._shared)
            origin, stop = (high - stretches + stretches * (number + more) // (of + 1) for more in (0, 1))
            free[rows[stop:high]] = False
            free[rows[max(low, origin - self._shared) : origin]] = False
            taken.append(rows[origin:stop])
        if not len(found := np.concatenate(taken)) or not free[: found.max()].any():
            message = f"{plural(len(rows), 'sample')} cannot be divided by {plural(of, 'origin')}"
            raise InputError(Problem(message, path="data.split.fold"))
        self._origin = f"rolling origin {number} of {of}: trained on what is before, validated on what follows"
        return found

    def notes(self, parts: Mapping[str, slice | np.ndarray]) -> list[str]:
        what = "samples are ordered in time: the latest are set apart"
        if self._left_out:
            what += f"; {plural(self._left_out, 'sample')} before them left out, since they share targets"
        return [what, *([self._origin] if self._origin else [])]


def kept_apart(ends: Mapping[str, slice], shared: int) -> dict[str, slice]:
    """Rows from the ends of a file, without rows that share targets with the other part.

    Raises InputError if none are left.
    """
    if len(ends) < 2:
        return dict(ends)
    (first, low), (last, high) = sorted(ends.items(), key=lambda end: end[1].start)
    cut = max(0, shared - (high.start - low.stop))
    if GIVES_WAY.index(first) < GIVES_WAY.index(last):
        low = slice(low.start, low.stop - cut)
    else:
        high = slice(high.start + cut, high.stop)
    for part, span in ((first, low), (last, high)):
        if span.start >= span.stop:
            message = "no row is left: all share targets with the other part"
            raise InputError(Problem(message, path=f"data.split.{part}"))
    return {first: low, last: high}
