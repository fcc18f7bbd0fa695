"""Time series: a proposal that predicts the next number from the numbers before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dltool.data.files.quoting import plural
from dltool.data.readers.outline import Request
from dltool.data.sources.source import Source
from dltool.data.tables.key_columns import group_numbers
from dltool.data.tables.profile import ColumnProfile
from dltool.errors import InputError
from dltool.proposal.assembly import assemble
from dltool.proposal.division import DATES, divide_series
from dltool.proposal.entry import Entry, plain
from dltool.proposal.layout import Look
from dltool.proposal.proposal import Proposal
from dltool.proposal.recipe import Facts
from dltool.proposal.target import TargetChoice
from dltool.registry import registered

#: rows that a window shows, by the days from one row to the next
LENGTHS = ((1 / 25, 48, "two days"), (6, 28, "four weeks"), (25, 26, "half a year"), (32, 12, "a year"))
USUAL_LENGTH = 12
#: largest length of a window, as a share of a series
LARGEST_SHARE = 0.2
#: largest share of rows that repeat a time within their series
MOST_REPEATS = 0.2
#: average rows per time from which on other columns identify the series
ROWS_AT_ONCE = 1.5
#: largest share of windows to lose to gaps and empty cells
MOST_LOST = 0.5


@dataclass(frozen=True)
class SeriesFound:
    """The time series in a table."""

    target: str
    time: ColumnProfile
    groups: tuple[str, ...]  # columns that identify the series
    series: int
    repeats: int  # rows that repeat a time of their series
    unordered: bool  # some rows are earlier than the row before
    days: float  # from one time to the next


def find_series(look: Look, used: Sequence[str], target: TargetChoice) -> SeriesFound | None:
    """The series in a table that has only a time, the target, and columns that identify the series."""
    plain_file = {entry.key for entry in look.entries} <= {"header", "types", "encoding"}
    if not plain_file or target.task != "numbers" or len(target.names) != 1:
        return None
    profiles = [look.profiles[name] for name in used]
    times = [column for column in profiles if column.kind == "date" and column.filled == column.rows]
    groups = tuple(column.name for column in profiles if column.kind != "date")
    if len(times) != 1 or len(profiles) != 1 + len(groups) or times[0].distinct < DATES:
        return None
    (time,) = times
    if not all(_identifies_series(look.profiles[name]) for name in groups):
        return None
    if groups and time.rows < ROWS_AT_ONCE * time.distinct:
        return None  # one row for each time: the other columns are features
    cells = look.database.fetch({name: look.columns[name].cells for name in (time.name, *groups)})
    moments = np.ma.getdata(cells[time.name])
    series = group_numbers([cells[name] for name in groups], len(moments))
    order = np.lexsort((moments, series))
    repeats = int(np.sum((np.diff(series[order]) == 0) & (moments[order][1:] == moments[order][:-1])))
    count = int(series.max()) + 1
    if repeats > MOST_REPEATS * len(moments) or len(moments) < DATES * count:
        return None
    days = float((moments.max() - moments.min()) / np.timedelta64(1, "D")) / (time.distinct - 1)
    unordered = bool((np.diff(moments) < np.timedelta64(0)).any())
    return SeriesFound(target.names[0], time, groups, count, repeats, unordered, days)


def propose_windows(look: Look, found: SeriesFound) -> Proposal:
    """The proposal for time series."""
    length, reason = _length(look.rows // found.series, found.days)
    source = [
        Entry("path", look.path),
        *look.entries,
        Entry("target", found.target),
        *_keys(found),
        Entry("length", length, reason),
        Entry("horizon", 1, "how many rows ahead to predict"),
    ]
    most = look.rows - length * found.series
    samples = _windows(source)
    if samples < MOST_LOST * most:
        source += [Entry("gaps", "keep", "most windows would cross one"), Entry("empty", "previous")]
        samples = _windows(source) or most
    division = divide_series(samples)
    facts = Facts("numbers", round(samples * division.train), shape=(length, 1))
    apart = f"; {found.series} series by {_listed(found.groups)}" if found.groups else ""
    time = found.time
    return assemble(
        f"Predicts the next '{found.target}' from the {length} before it, in {look.path}.",
        [Entry("windows", source), Entry("scaling", "standard", "mean 0, standard deviation 1")],
        division,
        facts,
        [
            ("data", f"{look.rows:,} rows from {time.low} to {time.high}, and no features but '{found.target}'{apart}"),
            ("task", f"numbers: the next row from the {length} before it ({reason})"),
        ],
    )


def _identifies_series(column: ColumnProfile) -> bool:
    few = DATES * column.distinct <= column.rows
    return column.kind in ("text", "boolean", "integer") and few and column.filled == column.rows


def _keys(found: SeriesFound) -> list[Entry]:
    """How the rows are ordered."""
    entries: list[Entry] = []
    if found.groups:
        first, *others = found.groups
        entries = [Entry("group", [first, *others] if others else first, f"{found.series} series")]
    why = "puts the rows of each series in order" if found.groups or found.unordered else "finds gaps between rows"
    entries.append(Entry("time", found.time.name, why))
    if found.repeats:
        entries.append(Entry("repeats", "last", f"{plural(found.repeats, 'row')} with a repeated time"))
    return entries


def _windows(source: Sequence[Entry]) -> int:
    """How many windows there are."""
    windows: Source = registered("source")["windows"].model_validate(plain(source))
    try:
        with windows.open([], Request()) as reader:
            return reader.outline.rows
    except InputError:
        return 0


def _length(rows: int, days: float) -> tuple[int, str]:
    """The length of a window, and the reason for it."""
    usual = (USUAL_LENGTH, "some rows")
    length, reason = next(((n, f"{name} of rows") for most, n, name in LENGTHS if days < most), usual)
    most = max(1, int(rows * LARGEST_SHARE))
    return (length, reason) if length <= most else (most, "limited by the number of rows")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
