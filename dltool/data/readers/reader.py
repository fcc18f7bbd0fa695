"""The contract of readers: the samples of an open source, in chunks of consecutive rows.

A reader has an outline of the data and can read the features any number of times.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Self

import numpy as np

from dltool.data.column_types.column_type import ColumnType
from dltool.data.readers.outline import Outline
from dltool.errors import InputError, Problem

#: features of consecutive rows as a file holds them: an array (rows, …) of bytes or finite floats, or the cells of a
#: table's columns by name, each (rows,) and masked where values are missing
Raw = np.ndarray | Mapping[str, np.ndarray]


def array_of(raw: Raw) -> np.ndarray:
    """Raw features that are an array; raises TypeError for cells of a table."""
    if not isinstance(raw, np.ndarray):
        raise TypeError("an array is needed, got the cells of a table")
    return raw


def cells_of(raw: Raw) -> Mapping[str, np.ndarray]:
    """Raw features that are cells of a table, by column; raises TypeError for an array."""
    if isinstance(raw, np.ndarray):
        raise TypeError("the cells of a table are needed, got an array")
    return raw


def series_of(outline: Outline, raw: Raw, low: int) -> np.ndarray | None:
    """The numbers (n,) of the series of consecutive samples from `low` on; None where samples are no windows."""
    return None if outline.series is None else outline.series[low : low + len(array_of(raw))]


class Reader(ABC):
    """An open source; closed by leaving its `with` block."""

    outline: Outline
    path = ""  # of the source in the config, for messages
    horizon = 1  # rows that the predictions for a sample make, each with the cells to keep
    failed: Mapping[int, Problem] = MappingProxyType({})  # rows that could not be read, if the request was tolerant

    def read(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """The chunks; problems get the source's path in the config."""
        with blaming(self.path):
            yield from self.chunks(types)

    @abstractmethod
    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """All features from the first row to the last; `types` are the columns of a table and their types in SQL.

        Raises InputError with the place of whatever cannot be read so.
        """

    def remarks(self) -> list[str]:
        """Notes on the features read so far."""
        return []

    def column_types(self, types: Mapping[str, str] | None = None) -> Mapping[str, ColumnType]:
        """How the columns of a table are read: features as these types in SQL, targets, and what divides the rows.

        Without `types` of all columns, as what they are.
        """
        return {}

    def bad_rows(self, types: Mapping[str, str]) -> np.ndarray:
        """The numbers (n,) of rows with a cell that cannot be read as these types in SQL."""
        return np.empty(0, np.int64)

    def bad_cells(self, types: Mapping[str, str]) -> Mapping[str, int]:
        """How many such cells there are, by column."""
        return {}

    def stray(self, column: str) -> Problem | None:
        """The problem of the first cell that is not a number in a column of mostly numbers, if any."""
        return None

    def describe(self, rows: Sequence[int]) -> list[dict[str, str]]:
        """The cells of some rows of a table as text, by column, for a person to read; empty where there are none."""
        return [{} for _ in rows]

    def places(self, rows: Sequence[int]) -> list[str]:
        """Where some rows stand, for a person to find them."""
        return [self.outline.place(row) for row in rows]

    def kept(self, low: int, high: int) -> dict[str, np.ndarray]:
        """What is written beside the predictions for rows from `low` to before `high`: texts, masked where missing."""
        return {}

    def kept_types(self) -> dict[str, str]:
        """The types in SQL that all of these texts can be read as."""
        return {}

    def close(self) -> None:  # noqa: B027  (most readers hold nothing open)
        """Let go of files."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class ArrayReader(Reader):
    """Samples that are loaded all at once, when they are first asked for."""

    def __init__(self, outline: Outline, load: Callable[[], Raw]):
        self.outline, self._load = outline, load
        self._array: Raw | None = None

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """Everything at once."""
        if self._array is None:
            self._array = self._load()
        yield self._array

    def close(self) -> None:
        """Forget it."""
        self._array = None


@contextmanager
def blaming(path: str) -> Iterator[None]:
    """Adds the source's path in the config to problems raised inside."""
    try:
        yield
    except InputError as error:
        problems = [replace(p, path=".".join(part for part in (path, p.path) if part)) for p in error.problems]
        raise InputError(*problems) from None
