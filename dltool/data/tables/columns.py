"""What the columns of a database hold, and how to read them: numbers and dates that came as text are recognised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dltool.data.tables import query
from dltool.data.tables.database import Database
from dltool.data.tables.table_file import Kind, TableFile

#: forms of dates beside those of ISO 8601, in order of preference where several fit all cells: years of two digits
#: first, since %Y would take "11" for the year 11
DATES = (
    "%d.%m.%y", "%d.%m.%Y", "%m/%d/%y", "%m/%d/%Y", "%d/%m/%y", "%d/%m/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y-%m", "%Y/%m",
    "%d %b %Y", "%b %d, %Y", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
)  # fmt: skip
#: rows that are looked at first
FIRST_ROWS = 1000


@dataclass(frozen=True)
class Column:
    """One column: what it holds, and its cells in SQL."""

    name: str
    kind: Kind
    cells: str
    mixed: bool = False  # most cells are numbers, but not all
    text: str | None = None  # the cells as the file has them, where these are text

    def read(self, as_type: str) -> str:
        """The cells as another type in SQL; as text, whole numbers have no decimal point."""
        cast = f"CAST({self.cells} AS {as_type})"
        if as_type == "VARCHAR" and self.text and self.kind in ("boolean", "date"):
            return self.text
        if as_type == "VARCHAR" and self.kind in ("integer", "number"):
            return f"regexp_replace({cast}, '\\.0$', '')"
        return cast

    def unreadable(self, as_type: str) -> str | None:
        """A condition in SQL on the rows whose cells cannot be read so; None where all can."""
        if self.kind != "text" or as_type == "VARCHAR":
            return None
        return f"{self.cells} IS NOT NULL AND TRY_CAST({self.cells} AS {as_type}) IS NULL"


def find_columns(file: TableFile, database: Database, names: Sequence[str]) -> dict[str, Column]:
    """The columns of these names, by name."""
    columns = {name: Column(name, file.kind(name), query.name(name)) for name in names}
    texts = [name for name in dict.fromkeys(names) if file.kind(name) == "text"]
    return {**columns, **(_look_into(database, texts) if texts else {})}


def _look_into(database: Database, texts: Sequence[str]) -> Mapping[str, Column]:
    """Text columns, as what all of their cells are."""
    readings = {name: _readings(query.name(name)) for name in texts}
    # most are ruled out by few rows: trying all forms of dates on every cell takes long
    fitting = _fitting(database, readings, rows=FIRST_ROWS)
    fitting = _fitting(database, {name: [each[0], *fitting[name]] for name, each in readings.items()})
    numbers = database.single([f"count({sql})" for each in readings.values() for _, sql in each[:2]])
    found: dict[str, Column] = {}
    for i, name in enumerate(texts):
        filled, as_numbers = numbers[2 * i : 2 * i + 2]
        kind, cells = next(iter(fitting[name] if filled else ()), ("text", query.name(name)))
        found[name] = Column(name, kind, cells, mixed=kind == "text" and 2 * as_numbers > filled, text=query.name(name))
    return found


def _fitting(
    database: Database, readings: Mapping[str, list[tuple[Kind, str]]], rows: int | None = None
) -> dict[str, list[tuple[Kind, str]]]:
    """Of the readings of each column, those behind the first that lose no cell."""
    counts = iter(database.single([f"count({sql})" for each in readings.values() for _, sql in each], rows))
    found = {}
    for name, each in readings.items():
        filled, *numbers = (next(counts) for _ in each)
        found[name] = [reading for reading, number in zip(each[1:], numbers, strict=True) if number == filled]
    return found


def _readings(name: str) -> list[tuple[Kind, str]]:
    return [
        ("text", name),
        ("number", f"TRY_CAST({name} AS DOUBLE)"),
        ("number", f"TRY_CAST(replace({name}, ',', '.') AS DOUBLE)"),  # decimal commas
        ("boolean", f"TRY_CAST({name} AS BOOLEAN)"),
        ("date", f"TRY_CAST({name} AS TIMESTAMP)"),
        *(("date", f"TRY_STRPTIME({name}, '{form}')") for form in DATES),
        ("date", f"DATE '1970-01-01' + TRY_CAST({name} AS TIME)"),
    ]
