"""The last window of every series, from which the rows past its end are predicted."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from dltool.data.files.quoting import shown
from dltool.data.tables.key_columns import moment
from dltool.data.time_series.calendar import calendar
from dltool.data.time_series.ordered_table import OrderedTable
from dltool.data.time_series.window_index import LISTED
from dltool.data.time_series.window_reader import Future, WindowLayout
from dltool.errors import InputError, Problem
from dltool.formatting import first_few, plural


class _End(NamedTuple):
    """Where a series ends, in the order of time."""

    series: int
    row: int  # the last one with a number in every column of the past
    stop: int  # the first row behind the series, or behind a gap


def continuation(table: OrderedTable) -> WindowLayout:
    """A window for each series, and the times of the steps that follow it.

    The file may go on with rows that hold only what is known ahead; raises InputError where these are needed and
    missing, and where no series is long enough.
    """
    source, order = table.source, table.order
    ends, features = _ends(table), table.features()
    usable = [end for end in ends if end.row >= 0 and _is_usable(table, features, end)]
    left_out = {end.series for end in ends} - {end.series for end in usable}
    _note_unusable(table, [end for end in ends if end.series in left_out])
    if not usable:
        message = f"no series ends with {plural(source.length, 'row')} in a row, as a window needs"
        raise InputError(Problem(message, table.outline.where))
    times = None if order.times is None else np.stack([_times(table, end) for end in usable])
    rows = source.shown_rows
    shown_rows = np.full((len(usable), rows, features.shape[1]), np.nan)
    for window, end in zip(shown_rows, usable, strict=True):
        window[: source.length] = features[end.row - source.length + 1 : end.row + 1]
        if source.known_ahead:
            window[source.length :] = _known_ahead(table, features, end)
    if source.calendar:
        assert times is not None
        _require_times(table, times)
        shown_rows[:, source.length :, -2 * len(source.calendar) :] = [calendar(of, source.calendar) for of in times]
    rows_of_ends = order.rows[[end.row for end in usable]]
    place = table.outline.place
    series = table.series_numbers[[end.row for end in usable]]
    outline = table.outline_of(series, lambda row: place(int(rows_of_ends[row])))
    starts = np.arange(len(usable)) * rows
    flat = shown_rows.reshape(-1, features.shape[1])
    future = Future(np.stack([_rows(table, end) for end in usable]), tuple(source.groups), source.time or "", times)
    return WindowLayout(flat, starts, rows_of_ends, table.hidden(), outline, future)


def _ends(table: OrderedTable) -> list[_End]:
    """The end of each series; row −1 for one without a number."""
    order, past = table.order, [table.known[name] for name in table.source.past]
    known = np.asarray(np.stack(past).all(axis=0)) if past else ~order.filled
    bounds = np.searchsorted(order.series, np.arange(order.series[-1] + 2))
    ends = []
    for number, (low, high) in enumerate(pairwise(bounds.tolist())):
        rows = np.flatnonzero(known[low:high])
        row = int(low + rows[-1]) if len(rows) else -1
        stop = int(order.segments[np.searchsorted(order.segments, row, side="right")]) if len(rows) else -1
        ends.append(_End(number, row, stop))
    return ends


def _is_usable(table: OrderedTable, features: np.ndarray, end: _End) -> bool:
    """Whether a window lies before the end, without a gap and without an empty cell."""
    order, first = table.order, end.row - table.source.length + 1
    begin = order.segments[np.searchsorted(order.segments, end.row, side="right") - 1]
    return first >= begin and bool(np.isfinite(features[first : end.row + 1]).all())


def _known_ahead(table: OrderedTable, features: np.ndarray, end: _End) -> np.ndarray:
    """The columns known ahead in the rows behind the end; raises InputError where one is missing."""
    source = table.source
    behind = features[end.row + 1 : min(end.row + 1 + source.horizon, end.stop)]
    there = np.asarray(np.isfinite(behind[:, len(source.past) :]).all(axis=1))
    count = int(np.argmin(there)) if not there.all() else len(there)
    if count < source.horizon:
        name = table.own_names[end.series]
        which = f"series {shown(name)}" if name else "the series"
        at = "" if table.order.times is None else f" at {moment(table.order.times[end.row])}"
        columns = ", ".join(f"'{column}'" for column in source.known_ahead)
        message = (
            f"{which} ends here{at}; {columns} must be given for the {plural(source.horizon, 'row')} behind it, and"
            f" {'is' if count == 1 else 'are'} for {count}: add rows in which only what is known ahead is filled in"
        )
        raise InputError(Problem(message, table.outline.place(int(table.order.rows[end.row]))))
    return behind


def _rows(table: OrderedTable, end: _End) -> np.ndarray:
    """The rows of the file that hold the steps behind the end, −1 where there is none."""
    order, horizon = table.order, table.source.horizon
    behind = slice(end.row + 1, min(end.row + 1 + horizon, end.stop))
    rows = np.full(horizon, -1)
    given = np.where(order.filled[behind], -1, order.rows[behind])
    rows[: len(given)] = given
    return rows


def _times(table: OrderedTable, end: _End) -> np.ndarray:
    """The times of the steps behind the end: as the file has them, else continued at the usual step."""
    order, horizon = table.order, table.source.horizon
    assert order.times is not None
    assert order.step is not None
    times = order.step.after(np.repeat(order.times[end.row], horizon), np.arange(horizon) + 1)
    given = order.times[end.row + 1 : min(end.row + 1 + horizon, end.stop)]
    times = times.astype(np.promote_types(times.dtype, given.dtype))
    times[: len(given)] = given
    return times


def _require_times(table: OrderedTable, times: np.ndarray) -> None:
    if np.isnat(times).any():
        message = f"times in '{table.source.time}' are irregular, so the calendar of the steps ahead is not known"
        raise InputError(Problem(message, table.outline.where))


def _note_unusable(table: OrderedTable, ends: list[_End]) -> None:
    """A note on series that are not continued."""
    if not ends:
        return
    listed = first_few([shown(table.own_names[end.series]) for end in ends], LISTED)
    length = plural(table.source.length, "row")
    what = f"{len(ends)} series do not end with {length} in a row, so nothing is predicted for them: {listed}"
    if table.source.groups:
        table.notes.append(f"{table.outline.where}: {what}")
