"""Which column to predict, and whether it holds classes, labels or numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dltool.config.experiment import Task
from dltool.data.tables.profile import ColumnProfile
from dltool.data.targets.target import MOST_CLASSES
from dltool.errors import InputError, Problem, did_you_mean
from dltool.formatting import first_few

#: names of columns that are taken as the target
NAMES = ("target", "label", "labels", "class", "y", "outcome", "response", "output")
#: integers with more different values than this are taken as numbers
FEW_INTEGERS = 20
#: rows that a class should have, on average
CLASS_ROWS = 3
#: columns that a message lists
LISTED = 30


@dataclass(frozen=True)
class TargetChoice:
    """The target columns, their task, and the reasons."""

    names: tuple[str, ...]
    task: Task
    chosen: str  # why these columns
    reason: str  # why this task
    stated: bool  # the config must name the task, since another one would be inferred

    @property
    def plain(self) -> str | list[str]:
        """The target as written in the config."""
        return self.names[0] if len(self.names) == 1 else list(self.names)

    @property
    def listed(self) -> str:
        """The names in quotes."""
        return ", ".join(f"'{name}'" for name in self.names)


def choose_target(
    profiles: Mapping[str, ColumnProfile],
    asked: Sequence[str],
    task: Task | None,
    where: str,
    why: str = "",
    hint: Callable[[str], str] | None = None,
) -> TargetChoice:
    """The target of a table with these columns; raises InputError if it is not clear which.

    `why` is the reason for the columns in `asked`, if not the user's request; `hint` gives advice for a missing name.
    """
    names, chosen = (_asked(profiles, asked, where, hint), why) if asked else _found(profiles, where)
    columns = [profiles[name] for name in names]
    for column in columns:
        if reason := useless_target(column):
            raise InputError(Problem(f"column '{column.name}' cannot be predicted: {reason}", where))
    natural, reason = _task(columns)
    if task in (None, natural):
        return TargetChoice(names, natural, chosen, reason, stated=_stated(columns, natural))
    for column in columns:
        if task == "numbers" and column.kind == "text":
            raise InputError(Problem(f"column '{column.name}' holds text, which cannot be predicted as numbers", where))
        if task == "multilabel" and not column.binary:
            raise InputError(Problem(f"column '{column.name}' does not hold labels, which are 0 or 1", where))
    if task == "classes" and len(columns) > 1:
        raise InputError(Problem("classes can be predicted for one column; give only one --target", where))
    return TargetChoice(names, task, chosen, "as asked for", stated=True)


def _asked(
    profiles: Mapping[str, ColumnProfile], asked: Sequence[str], where: str, hint: Callable[[str], str] | None
) -> tuple[str, ...]:
    for name in asked:
        if name not in profiles:
            raise InputError(
                Problem(f"no column '{name}'; {hint(name) if hint else did_you_mean(name, profiles)}", where)
            )
    return tuple(dict.fromkeys(asked))


def _found(profiles: Mapping[str, ColumnProfile], where: str) -> tuple[tuple[str, ...], str]:
    """The target by its name, else the last column, else the first."""
    named = [name for name in profiles if name.lower() in NAMES]
    columns = list(profiles)
    listed = first_few(columns, LISTED)
    if len(named) > 1:
        both = " and ".join(f"'{name}'" for name in named)
        raise InputError(Problem(f"{both} may each be the target; choose: --target {named[0]}", where))
    if named:
        return (named[0],), "by its name"
    if len(columns) < 2:
        raise InputError(Problem(f"there is only one column, '{listed}'; features and a target are needed", where))
    for place, name in (("last", columns[-1]), ("first", columns[0])):
        if not useless_target(profiles[name]):
            return (name,), f"the {place} column; for another one: --target COLUMN"
    reasons = {name: useless_target(profiles[name]) for name in (columns[-1], columns[0])}
    reported = ", ".join(f"'{name}' {reason}" for name, reason in reasons.items())
    message = f"no column is clearly the target ({reported}); choose one: --target COLUMN, of {listed}"
    raise InputError(Problem(message, where))


def useless_target(column: ColumnProfile) -> str:
    """Why a column cannot be the target; empty if it can."""
    if column.constant:
        return "has only one value" if column.distinct else "is empty"
    if column.too_large:
        return "holds numbers that are infinite, or too large for float32"
    if column.kind in ("date", "other"):
        return "holds dates" if column.kind == "date" else "holds lists or records"
    if column.row_number:
        return "numbers the rows"
    if column.kind == "text" and column.distinct > max(MOST_CLASSES, column.filled / CLASS_ROWS):
        return f"has {column.distinct:,} different texts"
    return ""


def makes_classes(column: ColumnProfile) -> bool:
    """Whether the words of a column, which may be numbers, return often enough to be classes."""
    return not useless_target(column) and column.filled >= CLASS_ROWS * column.distinct


def _task(columns: Sequence[ColumnProfile]) -> tuple[Task, str]:
    if len(columns) > 1:
        two_valued = all(column.binary for column in columns)
        return ("multilabel", "each is yes or no") if two_valued else ("numbers", "several columns")
    (column,) = columns
    if column.kind in ("text", "boolean"):
        return "classes", f"{column.distinct} different values"
    if column.kind == "integer" and column.distinct <= FEW_INTEGERS and column.filled >= CLASS_ROWS * column.distinct:
        return "classes", f"{column.distinct} different whole numbers"
    if column.distinct == 2 and column.low.isdigit() and column.high.isdigit():
        return "classes", f"two different numbers, {column.low} and {column.high}"
    return "numbers", f"{column.distinct:,} different numbers from {column.low} to {column.high}"


def _stated(columns: Sequence[ColumnProfile], task: Task) -> bool:
    """Whether another task could be inferred for numbers."""
    column, *others = columns
    if others or column.kind not in ("integer", "number"):
        return False
    return task == "classes" or (column.kind == "integer" and column.distinct <= MOST_CLASSES)
