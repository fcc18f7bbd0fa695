"""From rows of a table to windows: the order of rows, and where windows start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dltool.data.arrays.values import EXACT, LARGEST
from dltool.data.files.quoting import plural, shown
from dltool.data.readers.history import History
from dltool.data.readers.outline import Outline, Request, Succession
from dltool.data.readers.reader import Reader
from dltool.data.tables.key_columns import group_numbers, moment, moment_of, require_cells, times_of
from dltool.data.time_series.calendar import calendar
from dltool.data.time_series.chronology import Ordering
from dltool.data.time_series.step import Step
from dltool.data.time_series.window_reader import Cut
from dltool.errors import InputError, Problem

if TYPE_CHECKING:
    from dltool.data.sources.windows import Windows

#: names of series that a note lists
LISTED = 5


class Cutting:
    """How a table is cut into windows; raises InputError where it cannot be."""

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

    def windows(self) -> Cut:
        """Series by series in the order of time; to predict from, in the order of the rows that they end with."""
        source, request = self.source, self.request
        features = self.features()
        starts = self._starts(features)
        self._require_some(starts)
        ends = self.order.rows[starts + source.length - 1]
        sizes = np.bincount(self.order.series[starts], minlength=int(self.order.series[-1]) + 1)
        self._note_short_series(sizes)
        if not request.targets:
            by_row = np.argsort(ends, kind="stable")
            starts, ends = starts[by_row], ends[by_row]
            self._note_rows_without_window(len(ends))
        place = self.outline.place
        outline = self.outline_of(self.series_numbers[starts], lambda row: place(int(ends[row])))
        if request.targets:
            last = starts + source.length - 1
            targets = {name: self.values[column][last + step] for name, column, step in self._targets()}
            history = self._history(features, starts)
            outline = replace(outline, targets=targets, succession=self._succession(last, sizes), history=history)
        return Cut(features, starts, ends, self.hidden(), outline)

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
        settled = {**(asdict(step) if step and source.time else {}), "season": self.season}
        if source.groups:
            settled["series"] = list(self.series_names)
        return Outline(
            where=self.outline.where,
            place=place,
            rows=len(series),
            task="numbers",
            targets={},
            feature_shape=(source.shown_rows, len(source.column_names)),
            series=series,
            notes=tuple(self.notes),
            settled=settled,
        )

    @property
    def season(self) -> int:
        """Rows after which the series repeats itself."""
        guessed = self.order.step.season if self.order.step and self.source.time else 1
        return self.source.season or self.request.settled.get("season", guessed)

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
        return tuple(self.request.settled.get("series", self.own_names))

    @cached_property
    def series_numbers(self) -> np.ndarray:
        """For each row in the order of time (n,) the number of its series in a training, −1 if it is not there."""
        numbers = {name: number for number, name in enumerate(self.series_names)}
        return np.array([numbers.get(name, -1) for name in self.own_names])[self.order.series]

    def _history(self, features: np.ndarray, starts: np.ndarray) -> History:
        source = self.source
        plain = np.zeros(features.shape[1], bool)
        plain[len(source.past) + len(source.known_ahead) :] = True
        targets = [np.where(self.known[name], self.values[name], np.nan) for name in source.targets]
        return History(
            features=features,
            plain=plain,
            targets=np.stack(targets, axis=1),
            columns=tuple(source.targets),
            series=self.series_numbers,
            names=self.series_names,
            starts=starts,
            span=source.length + source.horizon,
            steps=len(source.predicted_steps),
            season=self.season,
        )

    def _succession(self, last: np.ndarray, sizes: np.ndarray) -> Succession:
        source, times = self.source, self.order.times
        # with every row up to the horizon as a target, windows share targets with the next ones
        reach = (source.horizon - 1) // source.stride if source.steps else 0
        ends = [None, None] if times is None else [times[last + source.predicted_steps[i]] for i in (0, -1)]
        return Succession(reach, tuple(sizes[sizes > 0].tolist()), *ends)

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
        step = Step.stored(self.request.settled)
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

    def _starts(self, features: np.ndarray) -> np.ndarray:
        """Where windows start that show numbers alone, and whose targets are known where there must be some."""
        source, past, last = self.source, len(self.source.past), self.source.length - 1
        span = source.length + source.horizon if self.request.targets else source.shown_rows
        segments = [
            np.arange(low, high - span + 1, source.stride) for low, high in pairwise(self.order.segments.tolist())
        ]
        starts = np.concatenate(segments)
        fit = _all_known(features[:, :past], starts, source.length)
        fit &= _all_known(features[:, past:], starts, source.shown_rows)
        if self.request.targets:
            for _, column, step in self._targets():
                fit &= self.known[column][starts + last + step]
        else:
            fit &= ~self.order.filled[starts + last]
        if self.request.targets and source.until is not None:
            fit &= self._before(source.until)[starts + span - 1]
        return starts[fit]

    def _before(self, until: str | float) -> np.ndarray:
        """Which rows (n,) are earlier than a time; raises InputError for one that is none."""
        times = self.order.times
        assert times is not None
        return times < moment_of(until, times, "until", self.outline.where)

    def _targets(self) -> Iterator[tuple[str, str, int]]:
        """The name of each target, its column, and how many rows ahead it is; all columns step by step."""
        for step in self.source.predicted_steps:
            for column in self.source.targets:
                yield f"{column}+{step}" if self.source.steps else column, column, step

    def _require_some(self, starts: np.ndarray) -> None:
        if len(starts):
            return
        source, rows = self.source, self.outline.rows
        longest = int(np.diff(self.order.segments).max())
        found = f"{rows} rows" if longest == rows else f"{rows} rows, of which at most {longest} follow each other,"
        ahead = f" and a horizon of {source.horizon}" if self.request.targets else ""
        message = f"{found} are too few for one window of {source.length}{ahead}"
        if source.gaps == "split" and len(self.order.segments) - 1 > len(self.own_names):
            message += "; to let windows cross gaps: gaps: keep, or gaps: fill"
        if longest >= source.length + (source.horizon if self.request.targets else 0):
            message = f"no window of {source.length} rows{ahead} {self._why_none()}"
        raise InputError(Problem(message, self.outline.where))

    def _why_none(self) -> str:
        """Why no window is left, though enough rows follow each other."""
        until, times = self.source.until, self.order.times
        if self.request.targets and until is not None and times is not None and self._before(until).sum() < len(times):
            return f"is before {until} (until); the times are from {moment(times.min())} to {moment(times.max())}"
        empty = np.flatnonzero(np.isnan(np.stack(list(self._raw.values()))).any(axis=0))
        if not empty.size:
            return "has all its rows"
        where = f"{plural(empty.size, 'row')}, the first at {self.outline.place(int(empty[0]))}"
        way_out = "" if self.source.empty == "previous" else "; to repeat the number before: empty: previous"
        return f"is without an empty cell; there are some in {where}{way_out}"

    def _note_rows_without_window(self, windows: int) -> None:
        """A note on rows from which nothing is predicted."""
        rows, length = self.outline.rows, self.source.length
        if windows < rows:
            what = f"{rows - windows} of {plural(rows, 'row')} are not the end of a window of {length}"
            self.notes.append(f"{self.outline.where}: {what}, so nothing is predicted from them")

    def _note_short_series(self, sizes: np.ndarray) -> None:
        """A note on series that have no window."""
        short = np.flatnonzero(sizes == 0)
        if not short.size:
            return
        names = [self.own_names[number] for number in short[:LISTED]]
        listed = ", ".join(map(shown, names)) + (", …" if short.size > LISTED else "")
        self.notes.append(f"{self.outline.where}: {short.size} series too short for a window: {listed}")


def _all_known(columns: np.ndarray, starts: np.ndarray, rows: int) -> np.ndarray:
    """Whether columns (n, c) hold numbers in each of the `rows` from each start (m,) on."""
    unknown = np.concatenate([[0], np.cumsum(~np.isfinite(columns).all(axis=1))])
    return unknown[starts + rows] == unknown[starts]


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
