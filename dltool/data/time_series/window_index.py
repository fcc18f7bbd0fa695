"""Where the windows of a table start, and what they predict."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from dltool.data.files.quoting import shown
from dltool.data.readers.history import History
from dltool.data.readers.outline import TimeOrder
from dltool.data.tables.key_columns import moment, moment_of
from dltool.data.time_series.ordered_table import OrderedTable
from dltool.data.time_series.window_reader import WindowLayout
from dltool.errors import InputError, Problem
from dltool.formatting import first_few, plural

#: names of series that a note lists
LISTED = 5


def windows(table: OrderedTable) -> WindowLayout:
    """All windows: series by series in the order of time.

    To predict from, they are in the order of the rows that they end with.
    """
    source, request = table.source, table.request
    features = table.features()
    starts = _starts(table, features)
    _require_some(table, starts)
    ends = table.order.rows[starts + source.length - 1]
    sizes = np.bincount(table.order.series[starts], minlength=int(table.order.series[-1]) + 1)
    _note_short_series(table, sizes)
    if not request.targets:
        by_row = np.argsort(ends, kind="stable")
        starts, ends = starts[by_row], ends[by_row]
        _note_rows_without_window(table, len(ends))
    place = table.outline.place
    outline = table.outline_of(table.series_numbers[starts], lambda row: place(int(ends[row])))
    if request.targets:
        last = starts + source.length - 1
        targets = {name: table.values[column][last + step] for name, column, step in _targets(table)}
        history = _history(table, features, starts)
        outline = replace(outline, targets=targets, time_order=_succession(table, last, sizes), history=history)
    return WindowLayout(features, starts, ends, table.hidden(), outline)


def _history(table: OrderedTable, features: np.ndarray, starts: np.ndarray) -> History:
    source = table.source
    plain = np.zeros(features.shape[1], bool)
    plain[len(source.past) + len(source.known_ahead) :] = True
    targets = [np.where(table.known[name], table.values[name], np.nan) for name in source.targets]
    return History(
        features=features,
        plain=plain,
        targets=np.stack(targets, axis=1),
        columns=tuple(source.targets),
        series=table.series_numbers,
        names=table.series_names,
        starts=starts,
        span=source.length + source.horizon,
        steps=len(source.predicted_steps),
        season=table.season,
    )


def _succession(table: OrderedTable, last: np.ndarray, sizes: np.ndarray) -> TimeOrder:
    source, times = table.source, table.order.times
    # with every row up to the horizon as a target, windows share targets with the next ones
    shared = (source.horizon - 1) // source.stride if source.steps else 0
    ends = [None, None] if times is None else [times[last + source.predicted_steps[i]] for i in (0, -1)]
    return TimeOrder(shared, tuple(sizes[sizes > 0].tolist()), *ends)


def _starts(table: OrderedTable, features: np.ndarray) -> np.ndarray:
    """Where windows start that show numbers alone, and whose targets are known where there must be some."""
    source, past, last = table.source, len(table.source.past), table.source.length - 1
    span = source.length + source.horizon if table.request.targets else source.shown_rows
    segments = [np.arange(low, high - span + 1, source.stride) for low, high in pairwise(table.order.segments.tolist())]
    starts = np.concatenate(segments)
    fit = _all_known(features[:, :past], starts, source.length)
    fit &= _all_known(features[:, past:], starts, source.shown_rows)
    if table.request.targets:
        for _, column, step in _targets(table):
            fit &= table.known[column][starts + last + step]
    else:
        fit &= ~table.order.filled[starts + last]
    if table.request.targets and source.until is not None:
        fit &= _before(table, source.until)[starts + span - 1]
    return starts[fit]


def _before(table: OrderedTable, until: str | float) -> np.ndarray:
    """Which rows (n,) are earlier than a time; raises InputError for one that is none."""
    times = table.order.times
    assert times is not None
    return times < moment_of(until, times, "until", table.outline.where)


def _targets(table: OrderedTable) -> Iterator[tuple[str, str, int]]:
    """The name of each target, its column, and how many rows ahead it is; all columns step by step."""
    for step in table.source.predicted_steps:
        for column in table.source.targets:
            yield f"{column}+{step}" if table.source.steps else column, column, step


def _require_some(table: OrderedTable, starts: np.ndarray) -> None:
    if len(starts):
        return
    source, rows = table.source, table.outline.rows
    longest = int(np.diff(table.order.segments).max())
    found = f"{rows} rows" if longest == rows else f"{rows} rows, of which at most {longest} follow each other,"
    ahead = f" and a horizon of {source.horizon}" if table.request.targets else ""
    message = f"{found} are too few for one window of {source.length}{ahead}"
    if source.gaps == "split" and len(table.order.segments) - 1 > len(table.own_names):
        message += "; to let windows cross gaps: gaps: keep, or gaps: fill"
    if longest >= source.length + (source.horizon if table.request.targets else 0):
        message = f"no window of {source.length} rows{ahead} {_why_none(table)}"
    raise InputError(Problem(message, table.outline.where))


def _why_none(table: OrderedTable) -> str:
    """Why no window is left, though enough rows follow each other."""
    until, times = table.source.until, table.order.times
    if table.request.targets and until is not None and times is not None and _before(table, until).sum() < len(times):
        return f"is before {until} (until); the times are from {moment(times.min())} to {moment(times.max())}"
    empty = table.rows_with_gaps
    if not empty.size:
        return "has all its rows"
    where = f"{plural(empty.size, 'row')}, the first at {table.outline.place(int(empty[0]))}"
    way_out = "" if table.source.empty == "previous" else "; to repeat the number before: empty: previous"
    return f"is without an empty cell; there are some in {where}{way_out}"


def _note_rows_without_window(table: OrderedTable, windows: int) -> None:
    """A note on rows from which nothing is predicted."""
    rows, length = table.outline.rows, table.source.length
    if windows < rows:
        what = f"{rows - windows} of {plural(rows, 'row')} are not the end of a window of {length}"
        table.notes.append(f"{table.outline.where}: {what}, so nothing is predicted from them")


def _note_short_series(table: OrderedTable, sizes: np.ndarray) -> None:
    """A note on series that have no window."""
    short = np.flatnonzero(sizes == 0)
    if not short.size:
        return
    listed = first_few([shown(table.own_names[number]) for number in short], LISTED)
    table.notes.append(f"{table.outline.where}: {short.size} series too short for a window: {listed}")


def _all_known(columns: np.ndarray, starts: np.ndarray, rows: int) -> np.ndarray:
    """Whether columns (n, c) hold numbers in each of the `rows` from each start (m,) on."""
    unknown = np.concatenate([[0], np.cumsum(~np.isfinite(columns).all(axis=1))])
    return unknown[starts + rows] == unknown[starts]
