"""The contract of table files, one class for each format: which columns there are, and columns as arrays."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

from dltool.data.sources.source import Kind
from dltool.data.tables import query

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_NUMBERS = ("HUGEINT", "UHUGEINT", "BIGNUM", "VARINT", "FLOAT", "DOUBLE", "DECIMAL")
_TIMESTAMPS = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_INTEGERS, "integer"),
    **dict.fromkeys(_NUMBERS, "number"),
    "BOOLEAN": "boolean",
    **dict.fromkeys(("VARCHAR", "ENUM", "UUID", "JSON"), "text"),
    **dict.fromkeys(("DATE", "TIME", *_TIMESTAMPS), "date"),
}


@dataclass(frozen=True)
class TableFile(ABC):
    """A table, and the duckdb types of its columns."""

    guessed: ClassVar[bool] = True  #: types follow from the first rows

    path: Path
    columns: Mapping[str, str]

    @abstractmethod
    def scan(self, types: Mapping[str, str]) -> str:
        """The table function that reads the file, with these types of columns where types are guessed."""

    @abstractmethod
    def lines(self, rows: Collection[int]) -> Mapping[int, int]:
        """The lines, from 1, of rows, from 0; empty where a file has none."""

    @property
    def decimals(self) -> Sequence[str]:
        """What may be the point of numbers that are written as text, in order of preference."""
        return (".", ",")

    def with_types(self, types: Mapping[str, str]) -> Self:
        """The same table with columns of other types."""
        return replace(self, columns={**self.columns, **types})

    def kind(self, column: str) -> Kind:
        """What a column holds."""
        found = re.fullmatch(r"([\w ]+)(\(.*\))?", self.columns[column])
        return _KINDS.get(found[1], "other") if found else "other"

    def selection(self, columns: Sequence[str], missing: Sequence[str], verbatim: Sequence[str]) -> str:
        """A query for these columns: whole numbers as floats, where others may follow; text without blanks around.

        Text that stands for a missing value becomes one. The `verbatim` columns are text as it stands.
        """
        numbers = [column for column in columns if self.guessed and self.kind(column) == "integer"]
        fields = [f"{self._stored(column, missing)} AS {query.name(column)}" for column in columns]
        fields += [f"NULLIF(CAST({query.name(column)} AS VARCHAR), '') AS {query.name(column)}" for column in verbatim]
        scan = self.scan({**dict.fromkeys(numbers, "DOUBLE"), **dict.fromkeys(verbatim, "VARCHAR")})
        return f"SELECT {', '.join(fields)} FROM {scan}"

    def _stored(self, column: str, missing: Sequence[str]) -> str:
        name, kind = query.name(column), self.kind(column)
        if kind == "text":
            words = ", ".join(query.text(word) for word in missing)
            trimmed = f"trim(CAST({name} AS VARCHAR), ' \t\r\n')"
            return f"CASE WHEN {trimmed} IN ('', {words}) THEN NULL ELSE {trimmed} END"
        if self.columns[column] == "TIME":
            return f"DATE '1970-01-01' + {name}"
        # files of other types may follow
        return name if self.guessed or kind == "other" else f"CAST({name} AS {self.columns[column]})"

    def places(self, rows: Collection[int]) -> list[str]:
        """Where rows, from 0, stand, for messages: "data.csv:18", or "data.parquet: row 17"."""
        lines = self.lines(rows)
        return [f"{self.path}:{lines[row]}" if row in lines else f"{self.path}: row {row + 1}" for row in rows]


def alike(files: Sequence[TableFile]) -> list[TableFile]:
    """Files with the same columns, as tables in which each has one type."""
    types = {}
    for column in files[0].columns:
        kinds: set[Kind] = {file.kind(column) for file in files}
        if len({file.columns[column] for file in files}) > 1 and "other" not in kinds:
            types[column] = _common(kinds)
    return [file.with_types(types) for file in files]


def _common(kinds: set[Kind]) -> str:
    """The type that cells of all these kinds can be read as."""
    if kinds <= {"integer", "number"}:
        return "DOUBLE"
    return "TIMESTAMP" if kinds == {"date"} else "VARCHAR"
