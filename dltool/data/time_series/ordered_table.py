"""The columns of a table as numbers, series by series in the order of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dltool.data.arrays.values import EXACT, LARGEST
from dltool.data.files.quoting import shown
from dltool.data.readers.outline import Outline, Request
from dltool.data.readers.reader import Reader
from dltool.data.tables.key_columns import group_numbers, require_cells, times_of
from dltool.data.time_series.calendar import calendar
from dltool.data.time_series.chronology import Ordering
from dltool.data.time_series.step import Step
from dltool.errors import InputError, Problem
from dltool.formatting import plural

if TYPE_CHECKING:
    from dltool.data.sources.windows import Windows


class OrderedTable:
    """What windows are cut from; raises InputError for cells without a number, and for what the rules refuse."""

    def __init__(self, source: Windows, table: Reader, request: Request):
        self.source, self.request, self.outline = source, request, table.outline
        self._table = table
        self.notes: list[str] = []
        targets = source.targets if request.targets else []
        self._raw = {name: self._numbers(name) for name in dict.fromkeys([*source.past, *source.known_ahead, *targets])}
        if request.targets:
            self._note_empty_cells()
        self.order = self._ordering().chronology()
        self.notes += self.order.notes
        self._require_dates()
        own = {name: column[self.order.rows] for name, column in self._raw.items()}
        self.known = {name: np.isfinite(column) & ~self.order.filled for name, column in own.items()}
        previous = source.empty == "previous"
        self.values = {
            name: _previous(column, self.order.series) if previous else column for name, column in own.items()
        }

    def features(self) -> np.ndarray:
        """What windows show (n, columns), in the order of time; NaN where there is none."""
        source, order = self.source, self.order
        columns = [self.values[name] for name in (*source.past, *source.known_ahead)]
        numbers = np.stack(columns, axis=1) if columns else np.empty((len(order.rows), 0))
        if source.calendar and order.times is not None:
            numbers = np.concatenate([numbers, calendar(order.times, source.calendar)], axis=1)
        return numbers

    def hidden(self) -> np.ndarray:
        """Which cells of a window (shown rows, columns) are of the future, and not known ahead."""
        source = self.source
        hidden = np.zeros((source.shown_rows, len(source.column_names)), bool)
        hidden[source.length :, : len(source.past)] = True
        return hidden

    def outline_of(self, series: np.ndarray, place: Callable[[int], str]) -> Outline:
        """The outline of windows whose series are numbered (n,), without targets."""
        source, step = self.source, self.order.step
        fitted = {**(asdict(step) if step and source.time else {}), "season": self.season}
        if source.groups:
            fitted["series"] = list(self.series_names)
        return Outline(
            where=self.outline.where,
            place=place,
            rows=len(series),
            task="numbers",
            targets={},
            feature_shape=(source.shown_rows, len(source.column_names)),
            series=series,
            shown_series=" ".join(source.groups) if source.show_series else "",
            notes=tuple(self.notes),
            fitted=fitted,
        )

    @property
    def rows_with_gaps(self) -> np.ndarray:
        """The rows (n,) with an empty cell."""
        return np.flatnonzero(np.isnan(np.stack(list(self._raw.values()))).any(axis=0))

    @property
    def season(self) -> int:
        """Rows after which the series repeats itself."""
        guessed = self.order.step.season if self.order.step and self.source.time else 1
        return self.source.season or self.request.fitted.get("season", guessed)

    @cached_property
    def own_names(self) -> list[str]:
        """The name of each series of this table."""
        if not self.source.groups:
            return [""]
        columns = [np.ma.getdata(self.outline.extras[name]) for name in self.source.groups]
        _, first = np.unique(group_numbers(columns, self.outline.rows), return_index=True)
        return [" ".join(str(cells[row]) for cells in columns) for row in first]

    @property
    def series_names(self) -> tuple[str, ...]:
        """The names of the series that a training has, or else of this table."""
        return tuple(self.request.fitted.get("series", self.own_names))

    @cached_property
    def series_numbers(self) -> np.ndarray:
        """For each row in the order of time (n,) the number of its series in a training, −1 if it is not there."""
        numbers = {name: number for number, name in enumerate(self.series_names)}
        return np.array([numbers.get(name, -1) for name in self.own_names])[self.order.series]

    def _numbers(self, name: str) -> np.ndarray:
        """A column (rows,) float64, NaN where it is empty; raises InputError with the first row that has no number."""
        cells, place = self.outline.extras[name], self.outline.place
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
        if (large := np.flatnonzero(~empty & (np.abs(values) > LARGEST))).size:
            what = f"holds {values[large[0]]:.6g}".replace("e+", "e")
            raise InputError(Problem(f"column '{name}' {what}, too large for float32", place(int(large[0]))))
        values[empty] = np.nan
        return values

    def _note_empty_cells(self) -> None:
        """A note on cells without a number; raises InputError where there may be none."""
        empty = {name: rows for name, column in self._raw.items() if (rows := np.flatnonzero(np.isnan(column))).size}
        if not empty:
            return
        rule, (name, rows) = self.source.empty, min(empty.items(), key=lambda item: item[1][0])
        place, total = self.outline.place(int(rows[0])), sum(each.size for each in empty.values())
        more = f", and {plural(total - 1, 'more cell')} like it" if total > 1 else ""
        if rule == "refuse":
            message = (
                f"column '{name}' has no number here{more}; let no window contain one (empty: split), or repeat the"
            )
            raise InputError(Problem(f"{message} number before (empty: previous)", place))
        then = {"split": "no window contains one", "previous": "the number before is repeated, but never as a target"}
        self.notes.append(f"{place}: column '{name}' is empty there{more}: {then[rule]} (empty: {rule})")

    def _ordering(self) -> Ordering:
        source, outline = self.source, self.outline
        groups = [outline.extras[name] for name in source.groups]
        for name, cells in zip(source.groups, groups, strict=True):
            require_cells(cells, name, "group", outline.place)
        series = group_numbers(groups, outline.rows)
        step = Step.stored(self.request.fitted)
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
        for name in (name for name, kind in self.outline.columns.items() if kind == "date"):
            cells = np.ma.concatenate([chunk[name] for chunk in self._table.read({name: "TIMESTAMP"})])
            if not np.ma.getmaskarray(cells).any():
                return name, np.ma.getdata(cells)
        return None

    def _require_dates(self) -> None:
        """Raises InputError where a calendar is asked for, but times are numbers."""
        source, times = self.source, self.order.times
        if source.calendar and (times is None or times.dtype.kind != "M"):
            message = f"'calendar' needs dates, column '{source.time}' holds numbers"
            raise InputError(Problem(message, self.outline.where))


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
