"""Which rows are for training, which for validation, and which for the test."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dltool.config.experiment import Task
from dltool.data.files.quoting import plural
from dltool.data.tables.profile import ColumnProfile, ascending
from dltool.errors import InputError, Problem
from dltool.proposal.entry import Entry
from dltool.proposal.layout import Look

#: different dates from which on rows are a series
DATES = 20
#: share of all rows for validation, and as many for the test, up to so many rows
SHARES = ((1_000, 0.2), (10_000, 0.15))
LEAST_SHARE = 0.1
#: rows for each part below which there may be one class alone to train on
FEWEST = 2


@dataclass(frozen=True)
class Division:
    """The split as the config says it, and what share of the rows stays for training."""

    entry: Entry | None
    train: float

    @property
    def entries(self) -> list[Entry]:
        """The lines of the config, if any."""
        return [self.entry] if self.entry else []

    @property
    def inferred(self) -> list[tuple[str, str]]:
        """What to tell of it, if anything."""
        return [("split", self.entry.comment)] if self.entry else []


def time_column(look: Look, features: Collection[str]) -> ColumnProfile | None:
    """The column of dates along which the rows of a table are a series, if there is one."""
    for name, column in look.profiles.items():
        series = column.kind == "date" and column.filled == column.rows and column.distinct >= DATES
        if series and name in features and _in_order(look, name):
            return column
    return None


def _in_order(look: Look, name: str) -> bool:
    """Whether the dates of a column never fall from row to row, or, newest first, never rise."""
    column = look.columns[name]
    return ascending(look.database, column) or not look.database.falls(f"-epoch({column.cells})")


def divide(rows: int, given: Collection[str], task: Task, time: ColumnProfile | None = None) -> Division:
    """A division of so many rows into the parts that are not `given` as files of their own.

    Raises InputError for rows that are too few.
    """
    wanted = [part for part in ("validation", "test") if part not in given]
    if not wanted:
        return Division(None, 1.0)
    share = _share(rows)
    if rows < (least := FEWEST * (1 + len(wanted))):
        parts = " and ".join(wanted)
        raise InputError(
            Problem(f"{plural(rows, 'row')}: too few to set some apart for {parts}; {least} are the least")
        )
    split: dict[str, object] = dict.fromkeys(wanted, share)
    if time:
        reason = f"the rows follow '{time.name}': the latest ones are for the test, those before them for validation"
        return Division(Entry("split", {**split, "time": time.name}, reason), 1 - share * len(wanted))
    reason = "drawn at random, every class in its share" if task == "classes" else "drawn at random"
    return Division(Entry("split", split, reason), 1 - share * len(wanted))


def divide_series(rows: int) -> Division:
    """A division of windows of a series, whose latest ones are set apart anyway."""
    share = _share(rows)
    reason = "the latest rows are for the test, those before them for validation"
    return Division(Entry("split", {"validation": share, "test": share}, reason), 1 - 2 * share)


def _share(rows: int) -> float:
    return next((share for most, share in SHARES if rows < most), LEAST_SHARE)
