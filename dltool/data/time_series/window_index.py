"""From rows of a table to windows: the order of rows, and where windows start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dltool.data.arrays.values import EXACT
from dltool.data.files.quoting import plural, shown
from dltool.data.readers.outline import Outline, Request, Succession
from dltool.data.readers.reader import Reader
from dltool.data.tables.key_columns import group_numbers, require_cells, times_of
from dltool.data.time_series.chronology import Chronology, Ordering, Step
from dltool.data.time_series.window_reader import Cut
from dltool.errors import InputError, Problem

if TYPE_CHECKING:
    from dltool.data.sources.windows import Windows

#: names of series that a note lists
LISTED = 5


class Cutting:
    """How a table is cut into windows; raises InputError where it cannot be."""

    def __init__(self, source: Windows, table: Reader, request: Request):
        self._source, self._table, self._request = source, table, request
        self._outline = table.outline
        self._notes: list[str] = []

    def windows(self) -> Cut:
        """Series by series in the order of time; to predict from, in the order of the rows that they end with."""
        source, targets = self._source, self._request.targets
        names = [*source.shown, *([source.target] if targets else [])]
        values = {name: self._numbers(name) for name in dict.fromkeys(names)}
        self._note_empty_cells(values)
        order = self._ordering().chronology()
        self._notes += order.notes
        values = {name: column[order.rows] for name, column in values.items()}
        known = np.isfinite(values[source.target]) & ~order.filled if targets else ~order.filled
        if source.empty == "previous":
            values = {name: _previous(column, order.series) for name, column in values.items()}
        visible = np.stack([values[name] for name in source.shown], axis=1)
        starts = self._starts(order, np.asarray(np.isfinite(visible).all(axis=1)), known)
        self._require_some(starts, order)
        ends = order.rows[starts + source.length - 1]
        sizes = np.bincount(order.series[starts], minlength=int(order.series[-1]) + 1)
        self._note_short_series(sizes)
        if not targets:
            by_row = np.argsort(ends, kind="stable")
            starts, ends = starts[by_row], ends[by_row]
            self._note_rows_without_window(len(ends))
        found = {
            name: values[source.target][starts + source.length - 1 + step]
            for step, name in (self._targets() if targets else [])
        }
        # with every row up to the horizon as a target, windows share targets with the next ones
        reach = (source.horizon - 1) // source.stride if source.steps else 0
        outline = Outline(
            where=self._outline.where,
            place=lambda row: self._outline.place(int(ends[row])),
            rows=len(starts),
            task="numbers",
            targets=found,
            feature_shape=(source.length, len(source.shown)),
            succession=Succession(reach, tuple(sizes[sizes > 0].tolist())),
            notes=tuple(self._notes),
            settled=asdict(order.step) if order.step and source.time else {},
        )
        return Cut(visible, starts, ends, outline)

    def _numbers(self, name: str) -> np.ndarray:
        """A column (rows,) float64, NaN where it is empty; raises InputError with the first row that has no number."""
        cells, place = self._outline.extras[name], self._outline.place
        empty = np.ma.getmaskarray(cells)
        if cells.dtype.kind in "biuf":
            values = np.ma.filled(cells.astype(np.float64), np.nan)
            empty = empty | np.isnan(values)
        else:
            values = np.array([_number(cell) for cell in np.ma.getdata(cells).tolist()])
        bad = np.flatnonzero(~empty & ~(np.abs(values) <= EXACT if cells.dtype.kind in "iu" else np.isfinite(values)))
        if bad.size:
            what = f"holds {shown(np.ma.getdata(cells)[bad[0]])}, where a number is needed"
            if cells.dtype.kind in "iu":
                what += " that float64 holds exactly"
            raise InputError(Problem(f"column '{name}' {what}", place(int(bad[0]))))
        values[empty] = np.nan
        return values

    def _note_empty_cells(self, values: Mapping[str, np.ndarray]) -> None:
        """A note on cells without a number; raises InputError where there may be none."""
        empty = {name: rows for name, column in values.items() if (rows := np.flatnonzero(np.isnan(column))).size}
        if not empty:
            return
        rule, (name, rows) = self._source.empty, min(empty.items(), key=lambda item: item[1][0])
        place, total = self._outline.place(int(rows[0])), sum(each.size for each in empty.values())
        more = f", and {plural(total - 1, 'more cell')} like it" if total > 1 else ""
        if rule == "refuse":
            message = (
                f"column '{name}' has no number here{more}; let no window contain one (empty: split), or repeat the"
            )
            raise InputError(Problem(f"{message} number before (empty: previous)", place))
        then = {"split": "no window contains one", "previous": "the number before is repeated, but never as a target"}
        self._notes.append(f"{place}: column '{name}' is empty there{more}: {then[rule]} (empty: {rule})")

    def _ordering(self) -> Ordering:
        source, outline = self._source, self._outline
        groups = [outline.extras[name] for name in source.groups]
        for name, cells in zip(source.groups, groups, strict=True):
            require_cells(cells, name, "group", outline.place)
        series = group_numbers(groups, outline.rows)
        step = Step(**self._request.settled) if self._request.settled else None
        if source.time:
            times = times_of(outline.extras[source.time], source.time, "time", outline.place)
            return Ordering(
                outline.place, series, source.time, times, gaps=source.gaps, repeats=source.repeats, step=step
            )
        if dates := self._dates():
            return Ordering(outline.place, series, *dates, stated=False)
        return Ordering(outline.place, series)

    def _dates(self) -> tuple[str, np.ndarray] | None:
        """The first column of dates that has one in every row."""
        for name in (name for name, kind in self._outline.columns.items() if kind == "date"):
            cells = np.ma.concatenate([chunk[name] for chunk in self._table.read({name: "TIMESTAMP"})])
            if not np.ma.getmaskarray(cells).any():
                return name, np.ma.getdata(cells)
        return None

    def _starts(self, order: Chronology, shows: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Where windows start that show numbers alone, and whose targets are known where there must be some."""
        source, last = self._source, self._source.length - 1
        span = source.length + (source.horizon if self._request.targets else 0)
        segments = [np.arange(low, high - span + 1, source.stride) for low, high in pairwise(order.segments.tolist())]
        starts = np.concatenate(segments)
        hidden = np.concatenate([[0], np.cumsum(~shows)])
        fit = hidden[starts + source.length] == hidden[starts]
        for step in [step for step, _ in self._targets()] if self._request.targets else [0]:
            fit &= known[starts + last + step]
        return starts[fit]

    def _targets(self) -> list[tuple[int, str]]:
        """How far ahead each target is, and its name."""
        source = self._source
        if not source.steps:
            return [(source.horizon, source.target)]
        return [(step, f"{source.target}+{step}") for step in range(1, source.horizon + 1)]

    def _require_some(self, starts: np.ndarray, order: Chronology) -> None:
        if len(starts):
            return
        source, rows = self._source, self._outline.rows
        longest = int(np.diff(order.segments).max())
        found = f"{rows} rows" if longest == rows else f"{rows} rows, of which at most {longest} follow each other,"
        ahead = f" and a horizon of {source.horizon}" if self._request.targets else ""
        message = f"{found} are too few for one window of {source.length}{ahead}"
        if longest >= source.length + (source.horizon if self._request.targets else 0):
            message = f"no window of {source.length} rows{ahead} is without an empty cell"
        raise InputError(Problem(message, self._outline.where))

    def _note_rows_without_window(self, windows: int) -> None:
        """A note on rows from which nothing is predicted."""
        rows, length = self._outline.rows, self._source.length
        if windows < rows:
            what = f"{rows - windows} of {plural(rows, 'row')} are not the end of a window of {length}"
            self._notes.append(f"{self._outline.where}: {what}, so nothing is predicted from them")

    def _note_short_series(self, sizes: np.ndarray) -> None:
        """A note on series that have no window."""
        short = np.flatnonzero(sizes == 0)
        if not short.size:
            return
        columns = [np.ma.getdata(self._outline.extras[name]) for name in self._source.groups]
        series = group_numbers(columns, self._outline.rows)
        _, first = np.unique(series, return_index=True)
        names = [" ".join(str(cells[first[number]]) for cells in columns) for number in short[:LISTED]]
        listed = ", ".join(map(shown, names)) + (", …" if short.size > LISTED else "")
        self._notes.append(f"{self._outline.where}: {short.size} series too short for a window: {listed}")


def _previous(values: np.ndarray, series: np.ndarray) -> np.ndarray:
    """The values (n,) with the one before in place of each NaN, where the series has one."""
    places = np.where(np.isfinite(values), np.arange(len(values)), -1)
    before = np.maximum.accumulate(places)
    within = (before >= 0) & (series[before] == series)
    return np.where(within, values[before], np.nan)


def _number(cell: object) -> float:
    """The number that a text is; NaN where it is none."""
    try:
        return float(str(cell)) if "_" not in str(cell) else np.nan  # to Python 1_0 is a number
    except ValueError:
        return np.nan
