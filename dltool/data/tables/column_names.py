"""Which columns of a table are meant by a name or a pattern."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TypeVar

from dltool.errors import Problem, did_you_mean

Value = TypeVar("Value")


def matching(told: Mapping[str, Value], columns: Sequence[str]) -> dict[str, Value]:
    """What is told of each column, by its name, else by the first pattern that fits it.

    The name of a column is no pattern, whatever characters it has.
    """
    patterns = {key: value for key, value in told.items() if key not in columns}
    found = {}
    for column in columns:
        fitting = [told[column]] if column in told else [v for key, v in patterns.items() if fnmatchcase(column, key)]
        if fitting:
            found[column] = fitting[0]
    return found


def unmatched(keys: Iterable[str], columns: Sequence[str], path: str) -> Iterator[Problem]:
    """A problem for each name or pattern that is told of no column."""
    for key in keys:
        if key not in columns and not any(fnmatchcase(column, key) for column in columns):
            yield Problem(f"no column is called so; {did_you_mean(key, columns)}", path=f"{path}.{key}")
