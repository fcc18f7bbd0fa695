"""Which columns of a table are meant by a name or a pattern."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TypeVar

from dltool.errors import Problem, did_you_mean

Value = TypeVar("Value")


def matching(values: Mapping[str, Value], columns: Sequence[str]) -> dict[str, Value]:
    """The value for each column, by its name, else by the first pattern that matches it.

    A key that is the name of a column is not a pattern.
    """
    patterns = {key: value for key, value in values.items() if key not in columns}
    found = {}
    for column in columns:
        fitting = (
            [values[column]] if column in values else [v for key, v in patterns.items() if fnmatchcase(column, key)]
        )
        if fitting:
            found[column] = fitting[0]
    return found


def unmatched(keys: Iterable[str], columns: Sequence[str], path: str) -> Iterator[Problem]:
    """A problem for each name or pattern that matches no column."""
    for key in keys:
        if key not in columns and not any(fnmatchcase(column, key) for column in columns):
            yield Problem(f"no column has this name; {did_you_mean(key, columns)}", path=f"{path}.{key}")
