"""The contract of table files, one class for each format: which columns there are, and columns as they are stored."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dltool.data.column_types.column_type import Kind
from dltool.errors import did_you_mean

TEXT = "VARCHAR"
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_NUMBERS = ("HUGEINT", "UHUGEINT", "BIGNUM", "VARINT", "FLOAT", "DOUBLE", "DECIMAL")
_TIMESTAMPS = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_INTEGERS, "integer"),
    **dict.fromkeys(_NUMBERS, "number"),
    "BOOLEAN": "boolean",
    **dict.fromkeys((TEXT, "ENUM", "UUID", "JSON", '"NULL"'), "text"),
    **dict.fromkeys(("DATE", "TIME", *_TIMESTAMPS), "date"),
}


@dataclass(frozen=True)
class TableFile(ABC):
    """A table, and the types in SQL of its columns; those of a file of text are all text, unless they are nested."""

    as_text: ClassVar[bool] = True  #: cells are written as text

    path: Path
    columns: Mapping[str, str]

    @abstractmethod
    def selection(self, columns: Mapping[str, str]) -> str:
        """A query for these columns, each as a type in SQL, in their order."""

    @abstractmethod
    def lines(self, rows: Collection[int]) -> Mapping[int, int]:
        """The lines, from 1, of rows, from 0; empty where a file has none."""

    @property
    def decimals(self) -> Sequence[str]:
        """What may be the decimal mark, in order of preference."""
        return (".", ",")

    def without(self, name: str) -> str:
        """A hint where there is no column of a name."""
        return did_you_mean(name, self.columns)

    @property
    def notes(self) -> Sequence[str]:
        """Notes on which part of the file is read, if that is not obvious."""
        return ()

    def places(self, rows: Collection[int]) -> list[str]:
        """Where rows, from 0, stand, for messages: "data.csv:18", or "data.parquet: row 17"."""
        lines = self.lines(rows)
        return [f"{self.path}:{lines[row]}" if row in lines else f"{self.path}: row {row + 1}" for row in rows]


def kind_of(sql_type: str) -> Kind:
    """What cells of a type in SQL are."""
    found = re.fullmatch(r"([\w \"]+)(\(.*\))?", sql_type)
    return _KINDS.get(found[1], "other") if found else "other"


def cast(field: str, sql_type: str, wanted: str) -> str:
    """A field of one type in SQL as another, dates and times as timestamps in UTC."""
    if sql_type == wanted:
        return field
    if wanted == "TIMESTAMP" and sql_type == "TIME":
        return f"DATE '1970-01-01' + {field}"
    if wanted == "TIMESTAMP" and sql_type == "TIMESTAMP WITH TIME ZONE":
        return f"make_timestamp(epoch_us({field}))"
    return f"CAST({field} AS {wanted})"


def common_types(files: Sequence[TableFile]) -> dict[str, str]:
    """The type in SQL that each column of files with the same columns can be stored as."""
    types = {}
    for column, sql_type in files[0].columns.items():
        found = {file.columns[column] for file in files}
        types[column] = sql_type if len(found) == 1 else _common({kind_of(each) for each in found})
    return types


def _common(kinds: set[Kind]) -> str:
    if kinds <= {"integer", "number"}:
        return "DOUBLE"
    return "TIMESTAMP" if kinds == {"date"} else TEXT


def repeated_name(names: Sequence[str]) -> str:
    """Which two columns have the same name, for a message; empty where all differ."""
    first: dict[str, int] = {}
    for column, name in enumerate(names):
        if (other := first.setdefault(name, column)) != column:
            return f"columns {other + 1} and {column + 1} are both called '{name}'"
    return ""


def field_names(count: int) -> list[str]:
    """Names in SQL for columns by their place: those of the file may be anything."""
    return [f"c{place}" for place in range(count)]
