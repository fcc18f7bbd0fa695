"""Time series in a table: which column is the time, and which columns tell the series apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from dltool.data.inspection.columns import called_id
from dltool.data.tables.key_columns import group_numbers, moment, times_of
from dltool.data.tables.profile import ColumnProfile
from dltool.data.time_series.step import Step
from dltool.proposal.digits import epoch_unit
from dltool.proposal.division import DATES
from dltool.proposal.layout import Look
from dltool.proposal.target import TargetChoice

#: names of columns of numbers that count time, and the days of one step, where the name says so
TIME_NAMES = {
    **dict.fromkeys(("t", "time", "timestamp", "date", "datetime", "step", "period"), inf),
    "hour": 1 / 24,
    "day": 1,
    "week": 7,
    "month": 30.4,
    "quarter": 91.3,
    "year": inf,
}
#: largest share of rows that repeat a time within their series
MOST_REPEATS = 0.2
#: average rows per time from which on other columns identify the series, however irregular its times are
ROWS_AT_ONCE = 1.5
#: smallest share of steps in a series that are the usual one, for fewer rows per time
REGULAR = 0.8
#: kinds of columns that identify series, the likelier ones last
_IDENTIFYING = ("boolean", "integer", "text")


@dataclass(frozen=True)
class SeriesFound:
    """The time series in a table."""

    targets: tuple[str, ...]
    time: str  # the column
    unit: str | None  # "epoch" or "epoch_ms" for numbers that are to be read as dates
    first: str
    last: str
    groups: tuple[str, ...]  # columns that identify the series
    left_out: tuple[str, ...]  # other columns
    series: int
    repeats: int  # rows that repeat a time of their series
    unordered: bool  # some rows are earlier than the row before
    days: float  # from one time to the next; infinite where unknown
    season: int  # rows after which a series repeats itself, as the times suggest


def find_series(look: Look, used: Sequence[str], target: TargetChoice) -> SeriesFound | None:
    """The series in a table that has only a time, the targets, columns that identify the series, and such as holidays.

    `used` are the columns from which something can be learned.
    """
    plain_file = {entry.key for entry in look.entries} <= {"header", "types", "encoding"}
    time = _time(look, used, target)
    if not plain_file or target.task != "numbers" or time is None:
        return None
    others = [name for name in used if name != time.name]
    if not all(_may_identify(look.profiles[name]) for name in others):
        return None
    if others and time.rows == time.distinct:
        return None  # one row for each time: the other columns are features
    unit = epoch_unit(time)
    cells = look.database.fetch({name: look.columns[name].cells for name in (time.name, *others)})
    moments = times_of(cells[time.name], time.name, "time", look.database.place)
    if unit:
        moments = moments.astype("datetime64[ms]" if unit == "epoch_ms" else "datetime64[s]")
    groups = _smallest(look, others, cells, moments)
    series = group_numbers([cells[name] for name in groups], len(moments))
    order = np.lexsort((moments, series))
    same = np.diff(series[order]) == 0
    count, repeats = int(series.max()) + 1, _repeats(series, moments)
    if repeats > MOST_REPEATS * len(moments) or len(moments) < DATES * count:
        return None
    dated = moments.dtype.kind == "M"
    certain = dated if not groups else time.rows >= ROWS_AT_ONCE * time.distinct
    if not certain and not _regular(moments[order], same):
        return None
    span = (moments.max() - moments.min()) / (time.distinct - 1)
    return SeriesFound(
        targets=target.names,
        time=time.name,
        unit=unit,
        first=moment(moments.min()),
        last=moment(moments.max()),
        groups=groups,
        left_out=tuple(name for name in others if name not in groups),
        series=count,
        repeats=repeats,
        unordered=bool((np.diff(moments) < np.zeros(1, np.diff(moments[:2]).dtype)).any()),
        days=float(span / np.timedelta64(1, "D")) if dated else TIME_NAMES.get(time.name.lower(), inf),
        season=Step.usual(moments[order], same).season,
    )


def _time(look: Look, used: Sequence[str], target: TargetChoice) -> ColumnProfile | None:
    """The only column of dates, or else the only one of numbers that count time."""
    dates = [look.profiles[name] for name in used if look.profiles[name].kind == "date"]
    counting = [column for name, column in look.profiles.items() if name not in target.names and _counts_time(column)]
    found = dates or counting
    whole = len(found) == 1 and found[0].filled == found[0].rows and found[0].distinct >= DATES
    return found[0] if whole else None


def _counts_time(column: ColumnProfile) -> bool:
    """Whether numbers, by their size, order or name, are times."""
    if column.kind not in ("integer", "number") or called_id(column.name):
        return False
    return bool(epoch_unit(column)) or column.row_number or column.name.lower() in TIME_NAMES


def _may_identify(column: ColumnProfile) -> bool:
    few = DATES * column.distinct <= column.rows
    return column.kind in _IDENTIFYING and few and column.filled == column.rows


def _smallest(look: Look, names: Sequence[str], cells: dict[str, np.ndarray], moments: np.ndarray) -> tuple[str, ...]:
    """Columns that tell rows of the same time apart, as well as all together do, without those that can be spared."""

    def repeats(chosen: Sequence[str]) -> int:
        return _repeats(group_numbers([cells[name] for name in chosen], len(moments)), moments)

    chosen, fewest = list(names), repeats(names)
    for name in sorted(names, key=lambda name: (_IDENTIFYING.index(look.profiles[name].kind), -names.index(name))):
        without = [one for one in chosen if one != name]
        if repeats(without) == fewest:
            chosen = without
    return tuple(chosen)


def _repeats(series: np.ndarray, moments: np.ndarray) -> int:
    """How many rows repeat a time of their series."""
    order = np.lexsort((moments, series))
    return int(np.sum((np.diff(series[order]) == 0) & (moments[order][1:] == moments[order][:-1])))


def _regular(moments: np.ndarray, same: np.ndarray) -> bool:
    """Whether most steps within series are the same."""
    steps = np.diff(moments)[same]
    return len(steps) > 0 and float((steps == np.median(steps.astype(np.int64)).astype(steps.dtype)).mean()) >= REGULAR
