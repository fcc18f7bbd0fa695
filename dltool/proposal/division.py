"""Which rows are for training, validation and test."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dltool.config.experiment import Task
from dltool.data.tables.profile import ColumnProfile, ascending
from dltool.errors import InputError, Problem
from dltool.formatting import plural
from dltool.proposal.entry import Entry
from dltool.proposal.layout import Look

#: fewest different dates for rows to count as a series
DATES = 20
#: share of all rows for validation, and for the test, by the number of rows below which it applies
SHARES = ((1_000, 0.2), (10_000, 0.15))
LEAST_SHARE = 0.1
#: fewest rows for each part
FEWEST = 2


@dataclass(frozen=True)
class Division:
    """The split as a config entry, and the share of rows left for training."""

    entry: Entry | None
    train: float

    @property
    def entries(self) -> list[Entry]:
        """The lines of the config, if any."""
        return [self.entry] if self.entry else []

    @property
    def inferred(self) -> list[tuple[str, str]]:
        """A summary of the split, if there is one."""
        return [("split", self.entry.comment)] if self.entry else []


def time_column(look: Look, features: Collection[str]) -> ColumnProfile | None:
    """The column of dates that orders the rows of a table as a series, if there is one."""
    for name, column in look.profiles.items():
        series = column.kind == "date" and column.filled == column.rows and column.distinct >= DATES
        if series and name in features and _in_order(look, name):
            return column
    return None


def _in_order(look: Look, name: str) -> bool:
    """Whether the dates of a column never fall from row to row, or, newest first, never rise."""
    column = look.columns[name]
    return ascending(look.database, column) or not look.database.decreases(f"-epoch({column.cells})")


def divide(rows: int, given: Collection[str], task: Task, time: ColumnProfile | None = None) -> Division:
    """The division of `rows` rows into the parts that are not `given` as separate files.

    Raises InputError if there are too few rows.
    """
    wanted = [part for part in ("validation", "test") if part not in given]
    if not wanted:
        return Division(None, 1.0)
    share = _share(rows)
    if rows < (least := FEWEST * (1 + len(wanted))):
        parts = " and ".join(wanted)
        raise InputError(
            Problem(f"{plural(rows, 'row')}: too few to set some apart for {parts}; at least {least} are needed")
        )
    split: dict[str, object] = dict.fromkeys(wanted, share)
    if time:
        reason = f"by '{time.name}': the latest rows are the test part, the rows before them the validation part"
        return Division(Entry("split", {**split, "time": time.name}, reason), 1 - share * len(wanted))
    reason = "drawn at random, with equal class shares" if task == "classes" else "drawn at random"
    return Division(Entry("split", split, reason), 1 - share * len(wanted))


def divide_series(rows: int) -> Division:
    """The division of the windows of a series, of which the latest are always set apart."""
    share = _share(rows)
    reason = "the latest rows are the test part, the rows before them the validation part"
    return Division(Entry("split", {"validation": share, "test": share}, reason), 1 - 2 * share)


def _share(rows: int) -> float:
    return next((share for most, share in SHARES if rows < most), LEAST_SHARE)
