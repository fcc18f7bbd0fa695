"""The contract of sources: where samples come from, one file for each format.

A source is opened for a request and gives a reader, which tells what there is (its outline) and then reads the
features in chunks of consecutive rows, as often as asked. What becomes of them stands elsewhere: `targets` finds the
classes, `split` the parts, `preparation` the numbers that a network sees, and `dataset` brings all of it together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self

import numpy as np

from dltool.config.description import Description
from dltool.data.column_types.column_type import ColumnType, Kind
from dltool.errors import InputError, Problem

Bad = Literal["refuse", "missing", "skip"]
Task = Literal["auto", "classes", "numbers", "labels"]

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


@dataclass(frozen=True)
class Request:
    """What is wanted of a source, beside all of its features."""

    features: tuple[str, ...] = ()  # the columns to take, in this order, where a training has settled them
    targets: bool = True  # False where there is only something to predict
    extras: tuple[str, ...] = ()  # further columns: of groups, times or weights; no features, unless also
    declared: Mapping[str, str] = field(default_factory=dict)  # features by name or pattern: the types in SQL they read
    types: Mapping[str, ColumnType] = field(default_factory=dict)  # of columns, where a training has settled them
    bad: Bad = "refuse"  # what becomes of cells that cannot be read
    keep: tuple[str, ...] = ()  # columns to write beside predictions
    keep_all: bool = False  # all columns
    memory: int | None = None  # bytes that reading may take, about; without it as much as is of use
    shape: tuple[int, ...] = ()  # of a sample that is an array, where a training has settled it
    dtype: str = ""  # of its prepared numbers, likewise
    classes: tuple[str, ...] = ()  # likewise
    tolerant: bool = False  # samples that cannot be read are told by the reader's `failed`, and read as zeros
    settled: Mapping[str, Any] = field(default_factory=dict)  # what the outline of the training part had settled


@dataclass(frozen=True)
class Succession:
    """How samples follow each other in time."""

    reach: int  # how many of the next have targets that are also a sample's own
    sizes: tuple[int, ...] = ()  # samples of each series, one after the other; where there are none there is one series


@dataclass(frozen=True)
class Outline:
    """What a source holds apart from the features themselves: enough to divide the rows and to find the classes."""

    where: str  # the file, for messages
    place: Callable[[int], str]  # of a row (from 0), for messages: "data.csv:18"
    rows: int
    task: Task
    targets: Mapping[str, np.ndarray]  # as found, by name: (rows,) booleans, integers, finite floats, or text
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)  # those of the request, likewise
    columns: Mapping[str, Kind] = field(default_factory=dict)  # of the features of a table, in order; arrays have none
    label_separator: str = ""  # between the labels in the cells of the only target, where these are lists
    rename_labels: Mapping[str, str] = field(default_factory=dict)  # labels as found, and what they are called
    succession: Succession | None = None  # where samples follow each other in time
    notes: tuple[str, ...] = ()  # what the user should know
    feature_shape: tuple[int, ...] = ()  # of arrays
    feature_dtype: Literal["float32", "uint8"] = "float32"  # of arrays, once prepared
    deep: bool = False  # arrays are images of more than 8 bits, and only those to train on tell their range
    settled: Mapping[str, Any] = field(default_factory=dict)  # JSON that other files of the kind must be read by


class Reader(ABC):
    """An open source; closed by leaving its `with` block."""

    outline: Outline
    path = ""  # of the source in the config, for messages
    failed: Mapping[int, Problem] = MappingProxyType({})  # rows that could not be read, if the request was tolerant

    def read(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """The chunks; problems are told with the source's place in the config."""
        with blaming(self.path):
            yield from self.chunks(types)

    @abstractmethod
    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """All features from the first row to the last; `types` are the columns of a table and their types in SQL.

        Raises InputError with the place of whatever cannot be read so.
        """

    def remarks(self) -> list[str]:
        """What the user should know of the features that have been read so far."""
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
        """What keeps a column of text from being one of numbers, where most of its cells are."""
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
    """Problems that arise inside, with the path of the source in the config."""
    try:
        yield
    except InputError as error:
        problems = [replace(p, path=".".join(part for part in (path, p.path) if part)) for p in error.problems]
        raise InputError(*problems) from None


class Source(Description):
    """Where samples come from.

    `folders` are where relative paths may start, before the working directory.
    """

    path_fields: ClassVar[tuple[str, ...]] = ("path",)  #: what names files or folders
    listed: ClassVar[bool] = False  #: opening lists samples without reading them, so it takes little time
    mixed_units: ClassVar[bool] = False  #: features are measured in units of their own, as the columns of a table

    @property
    def latest(self) -> tuple[int, ...]:
        """Which features of a sample's last step are the targets' own values; none where samples are not their past."""
        return ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """What lies along the last axis of samples that are arrays; none where it has no names."""
        return ()

    def at(self, path: str) -> Self:
        """The same kind of source with its samples elsewhere; raises InputError where they come from no file."""
        if "path" not in type(self).model_fields:
            raise InputError(f"the network was trained on '{self.yaml_name}' data, which is not read from files")
        return self.model_copy(update={"path": path})

    @abstractmethod
    def files(self, folders: Sequence[Path]) -> list[Path]:
        """All files that samples come from; raises InputError where there is one missing."""

    @abstractmethod
    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """A reader; raises InputError for whatever cannot be used, with the field of the source at fault as path."""
