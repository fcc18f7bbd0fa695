"""Profiles of the columns of a table: missing values, different values, ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dltool.data.column_types.column_type import Kind
from dltool.data.tables.columns import Column
from dltool.data.tables.database import Database

#: that float32 holds
LARGEST = 3.4e38
#: whole numbers up to this one are exact in float64
LONGEST = 1 << 53
#: of more rows than this, different values are counted approximately
EXACT_ROWS = 2_000_000
#: up to this number of rows, the different values of a column are counted in a list
LISTED_ROWS = 20_000


@dataclass(frozen=True)
class ColumnProfile:
    """The profile of one column."""

    name: str
    kind: Kind
    rows: int
    filled: int  # rows with a value
    distinct: int
    low: str = ""  # of numbers and dates
    high: str = ""
    words: float = 0.0  # of text: in a cell, on average
    row_number: bool = False  # goes up by one from row to row
    contiguous: bool = False  # whole numbers without gaps between them

    @property
    def missing(self) -> float:
        """Share of the rows without a value."""
        return 1 - self.filled / self.rows

    @property
    def constant(self) -> bool:
        """There is nothing to learn from it."""
        return self.distinct < 2

    @property
    def too_large(self) -> bool:
        """Some numbers are infinite, or too large for float32."""
        ends = (self.low, self.high) if self.low and self.kind in ("integer", "number") else ()
        return any(abs(float(end)) > LARGEST for end in ends)

    @property
    def too_long(self) -> bool:
        """Whole numbers that float64 does not tell apart."""
        return self.kind == "integer" and bool(self.low) and max(abs(int(self.low)), abs(int(self.high))) > LONGEST

    @property
    def binary(self) -> bool:
        """Every value is yes or no, or 0 or 1."""
        return self.kind == "boolean" or (self.kind == "integer" and self.low in "01" and self.high in "01")

    @property
    def different(self) -> float:
        """Share of the values that are different ones."""
        return self.distinct / max(1, self.filled)


def profile(database: Database, columns: Mapping[str, Column]) -> dict[str, ColumnProfile]:
    """The profiles of these columns of a database, by name."""
    fields = {name: _fields(column, database.rows) for name, column in columns.items()}
    answers = iter(database.single([field for each in fields.values() for field in each if field]))
    found = {}
    for name, column in columns.items():
        told: list[Any] = [next(answers) if field else None for field in fields[name]]
        filled, distinct, low, high, words, first, last = told
        whole = column.kind == "integer" and filled > 0
        found[name] = ColumnProfile(
            name,
            column.kind,
            rows=database.rows,
            filled=filled,
            distinct=min(distinct, filled),
            **dict(zip(("low", "high"), _range(low, high), strict=True)),
            words=float(words or 0),
            row_number=whole and filled == database.rows and first == last,
            contiguous=whole and int(high) - int(low) + 1 == distinct,
        )
    return found


def _fields(column: Column, rows: int) -> list[str]:
    """Seven aggregates in SQL for one column; empty where one makes no sense."""
    kind = column.kind
    cells = column.whole("HUGEINT") if kind == "integer" else column.cells
    # many aggregates of DISTINCT in one query take duckdb out of proportion long
    if rows <= LISTED_ROWS and kind != "other":
        count = f"coalesce(list_unique(list({cells})), 0)"
    else:
        count = f"count(DISTINCT {cells})" if rows <= EXACT_ROWS else f"approx_count_distinct({cells})"
    ends = [f"{end}({cells})" if kind in ("integer", "number", "date") else "" for end in ("min", "max")]
    words = f"avg(length({cells}) - length(replace({cells}, ' ', '')) + 1)" if kind == "text" else ""
    offsets = [f"{end}({cells} - rowid)" if kind == "integer" else "" for end in ("min", "max")]
    return [f"count({cells})", count, *ends, words, *offsets]


def _range(low: object, high: object) -> tuple[str, str]:
    """Both ends, with digits enough to tell them apart."""
    ends = [(_written(low, digits), _written(high, digits)) for digits in (6, 9, 12, 17)]
    if not (isinstance(low, float) and isinstance(high, float)) or low == high:
        return ends[0]
    return next(
        (end for end in ends if abs(float(end[1]) - float(end[0]) - (high - low)) <= (high - low) / 10), ends[0]
    )


def _written(value: object, digits: int) -> str:
    """A number or a date as people write it; nothing for none."""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.{digits}g}"
    return "" if value is None else str(value).removesuffix(" 00:00:00")


def frequent(database: Database, column: Column, count: int | None) -> list[tuple[str, int]]:
    """The `count` most frequent values of a column, or all, with their numbers of rows."""
    return database.frequent(column.read("VARCHAR"), count)


def ascending(database: Database, column: Column) -> bool:
    """Whether no value of a column is smaller than that of the row before."""
    return not database.decreases(column.cells)
