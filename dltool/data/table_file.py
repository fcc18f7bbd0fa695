"""The contract of table files, one class for each format: which columns there are, and columns as arrays."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from dltool.data import query

Kind = Literal["integer", "number", "boolean", "text", "other"]

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_NUMBERS = ("HUGEINT", "UHUGEINT", "BIGNUM", "VARINT", "FLOAT", "DOUBLE", "DECIMAL")
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_INTEGERS, "integer"),
    **dict.fromkeys(_NUMBERS, "number"),
    "BOOLEAN": "boolean",
    "VARCHAR": "text",
    "ENUM": "text",
}


@dataclass(frozen=True)
class TableFile(ABC):
    """A table, and the duckdb types of its columns."""

    guessed: ClassVar[bool] = True  #: types follow from the first rows

    path: Path
    columns: Mapping[str, str]

    @abstractmethod
    def scan(self, numbers: Collection[str]) -> str:
        """The table function that reads the file, with the columns `numbers` as DOUBLE where types are guessed."""

    @abstractmethod
    def lines(self, rows: Collection[int]) -> Mapping[int, int]:
        """The lines, from 1, of rows, from 0; empty where a file has none."""

    def kind(self, column: str) -> Kind:
        """What a column holds."""
        found = re.fullmatch(r"(\w+)(\(.*\))?", self.columns[column])
        return _KINDS.get(found[1], "other") if found else "other"

    def fetch(self, wanted: Mapping[str, tuple[str, str]], limit: int | None = None) -> dict[str, np.ndarray]:
        """Arrays (rows,) by alias, from pairs of a column and its type in SQL; masked where values are missing.

        Without `limit` all rows, in the order of the file.
        """
        numbers = [column for column, as_type in wanted.values() if as_type == "DOUBLE" and self.numeric(column)]
        fields = [f"CAST({query.name(column)} AS {as_type}) AS {alias}" for alias, (column, as_type) in wanted.items()]
        end = "" if limit is None else f" LIMIT {limit}"
        return query.fetch_arrays(self.path, f"SELECT {', '.join(fields)} FROM {self.scan(numbers)}{end}")

    def numeric(self, column: str) -> bool:
        """Whether a column holds numbers."""
        return self.kind(column) in ("integer", "number")

    def places(self, rows: Collection[int]) -> list[str]:
        """Where rows, from 0, stand, for messages: "data.csv:18", or "data.parquet: row 17"."""
        lines = self.lines(rows)
        return [f"{self.path}:{lines[row]}" if row in lines else f"{self.path}: row {row + 1}" for row in rows]
