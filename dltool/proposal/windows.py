"""Time series: a proposal that predicts the next numbers from the numbers before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dltool.data.files.quoting import plural
from dltool.data.readers.outline import Request
from dltool.data.sources.source import Source
from dltool.data.tables.key_columns import group_numbers
from dltool.data.tables.profile import ColumnProfile
from dltool.data.time_series.step import Step
from dltool.errors import InputError
from dltool.proposal.assembly import assemble
from dltool.proposal.division import DATES, divide_series
from dltool.proposal.entry import Entry, plain
from dltool.proposal.layout import Look
from dltool.proposal.proposal import Proposal
from dltool.proposal.recipe import Facts
from dltool.proposal.target import TargetChoice
from dltool.registry import registered

#: rows that a window shows, and rows to predict, by the days from one row to the next below which they apply
LENGTHS = (
    (1 / 20, (48, "two days", 24, "a day")),
    (6, (28, "four weeks", 7, "a week")),
    (25, (26, "half a year", 4, "a month")),
    (32, (24, "two years", 12, "a year")),
)
USUAL_LENGTH = (12, "some rows", 1, "the next row")
#: most rows to predict, as a share of a window
LARGEST_HORIZON = 0.5
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

    targets: tuple[str, ...]
    time: ColumnProfile
    groups: tuple[str, ...]  # columns that identify the series
    series: int
    repeats: int  # rows that repeat a time of their series
    unordered: bool  # some rows are earlier than the row before
    days: float  # from one time to the next
    season: int  # rows after which a series repeats itself, as the times suggest


def find_series(look: Look, used: Sequence[str], target: TargetChoice) -> SeriesFound | None:
    """The series in a table that has only a time, the targets, and columns that identify the series."""
    plain_file = {entry.key for entry in look.entries} <= {"header", "types", "encoding"}
    if not plain_file or target.task != "numbers":
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
    season = Step.usual(moments[order], np.diff(series[order]) == 0).season
    return SeriesFound(target.names, time, groups, count, repeats, unordered, days, season)


def propose_windows(look: Look, found: SeriesFound) -> Proposal:
    """The proposal for time series."""
    length, reason, horizon, ahead = _length(look.rows // found.series, found.days)
    source = [
        Entry("path", look.path),
        *look.entries,
        Entry("target", found.targets[0] if len(found.targets) == 1 else list(found.targets)),
        *_keys(found),
        Entry("length", length, reason),
        Entry("horizon", horizon, f"how many rows ahead to predict: {ahead}"),
        Entry("steps", True, "each of them, not only the last") if horizon > 1 else None,
    ]
    source = [entry for entry in source if entry]
    seasonal = 1 < found.season <= length
    if seasonal:
        source.append(Entry("season", found.season, "rows after which the series repeats itself, about"))
    most = look.rows - (length + horizon - 1) * found.series
    samples = _windows(source)
    if samples < MOST_LOST * most:
        source += [Entry("gaps", "keep", "most windows would cross one"), Entry("empty", "previous")]
        samples = _windows(source) or most
    division = divide_series(samples)
    columns = len(found.targets)
    facts = Facts("numbers", round(samples * division.train), shape=(length, columns), forecast=True)
    listed = _listed(found.targets)
    baselines = f"the last value, {f'the season of {found.season} rows, ' if seasonal else ''}a linear model"
    apart = f"; {found.series} series by {_listed(found.groups)}" if found.groups else ""
    time = found.time
    return assemble(
        f"Predicts the next {plural(horizon, 'row')} of {listed} from the {length} before, in {look.path}.",
        [Entry("windows", source), Entry("scaling", "standard", "mean 0, standard deviation 1")],
        division,
        facts,
        [
            ("data", f"{look.rows:,} rows from {time.low} to {time.high}, and no features but {listed}{apart}"),
            ("task", f"numbers: the next {plural(horizon, 'row')} ({ahead}) from the {length} before ({reason})"),
            ("baselines", baselines),
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


def _length(rows: int, days: float) -> tuple[int, str, int, str]:
    """The length of a window and the number of rows to predict, each with its reason."""
    length, reason, horizon, ahead = next((of for limit, of in LENGTHS if days < limit), USUAL_LENGTH)
    most = max(1, int(rows * LARGEST_SHARE))
    if length > most:
        length, reason = most, "limited by the number of rows"
    if horizon > (nearest := max(1, int(length * LARGEST_HORIZON))):
        horizon, ahead = nearest, "limited by the number of rows"
    return length, reason, horizon, ahead


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
