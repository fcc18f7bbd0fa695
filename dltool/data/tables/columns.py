"""What the columns of a database hold, and how to read them: numbers and dates that came as text are recognised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dltool.data.tables import query
from dltool.data.tables.database import Database
from dltool.data.tables.readings import Reading, readings
from dltool.data.tables.table_file import Kind

#: rows that are looked at first
FIRST_ROWS = 1000
#: whole numbers up to this are exact as floats
EXACT = 1 << 53
#: the type in SQL of each kind
TYPES: Mapping[Kind, str] = {
    **dict.fromkeys(("integer", "number"), "DOUBLE"),
    "boolean": "BOOLEAN",
    "date": "TIMESTAMP",
    "text": "VARCHAR",
}


@dataclass(frozen=True)
class Column:
    """One column: what it holds, and its cells in SQL."""

    name: str
    kind: Kind
    cells: str
    rounded: bool = False  # whole numbers are held as floats
    mixed: Reading | None = None  # what most cells are, but not all
    text: str | None = None  # the cells as the file has them, where these are text
    doubted: str = ""  # the decimal point, where the other one would make other numbers of all cells

    def read(self, as_type: str) -> str:
        """The cells as another type in SQL; NULL for those that are `unreadable` as such."""
        if as_type != "VARCHAR":
            return self._tried(as_type)
        if self.text and self.kind in ("boolean", "date"):
            return self.text
        cast = f"CAST({self.cells} AS VARCHAR)"
        return f"regexp_replace({cast}, '\\.0$', '')" if self.kind in ("integer", "number") else cast

    def unreadable(self, as_type: str) -> str | None:
        """A condition in SQL on the rows whose cells cannot be read so; None where all can."""
        if as_type == "VARCHAR":
            return f"abs({self.cells}) > {EXACT}" if self.rounded else None
        if as_type == TYPES.get(self.kind) or (self.kind, as_type) == ("boolean", "DOUBLE"):
            return None
        return f"{self.cells} IS NOT NULL AND {self._tried(as_type)} IS NULL"

    def _tried(self, as_type: str) -> str:
        if self.mixed and TYPES[self.mixed.kind] == as_type:
            return self.mixed.cells
        if self.kind in ("integer", "number") and as_type == "BOOLEAN":
            return f"CASE {self.cells} WHEN 0 THEN false WHEN 1 THEN true END"
        if self.kind in ("integer", "number") and as_type == "TIMESTAMP":  # 20240131
            return f"TRY_STRPTIME(CAST(TRY_CAST({self.cells} AS BIGINT) AS VARCHAR), '%Y%m%d')"
        if {TYPES.get(self.kind), as_type} in ({"TIMESTAMP", "DOUBLE"}, {"TIMESTAMP", "BOOLEAN"}):
            return f"CAST(NULL AS {as_type})"
        return f"TRY_CAST({self.cells} AS {as_type})"


def find_columns(database: Database, names: Sequence[str]) -> dict[str, Column]:
    """The columns of these names, by name."""
    file = database.file
    columns = {
        name: Column(name, file.kind(name), query.name(name), rounded=file.guessed and file.kind(name) == "integer")
        for name in names
    }
    texts = [name for name in columns if columns[name].kind == "text"]
    return {**columns, **(_look_into(database, texts) if texts else {})}


def _look_into(database: Database, texts: Sequence[str]) -> Mapping[str, Column]:
    """Text columns, as what all of their cells are."""
    possible = {name: readings(query.name(name), database.file.decimals) for name in texts}
    # most are ruled out by few rows: trying all forms of dates on every cell takes long
    likely, _ = _fitting(database, possible, FIRST_ROWS)
    fitting, filled = _fitting(database, likely)
    if point := _clear_point(fitting.values()):
        fitting = {
            name: {r: n for r, n in counts.items() if r.decimal in ("", point)} for name, counts in fitting.items()
        }
    return {name: _recognised(name, fitting[name], filled[name]) for name in texts}


def _fitting(
    database: Database, possible: Mapping[str, Iterable[Reading]], rows: int | None = None
) -> tuple[dict[str, dict[Reading, int]], dict[str, int]]:
    """Readings of each column that fit most of its cells, with their numbers of cells; cells that are not missing."""
    tried = {name: [query.name(name), *(reading.cells for reading in each)] for name, each in possible.items()}
    answers = iter(database.single([f"count({cells})" for each in tried.values() for cells in each], rows))
    fitting: dict[str, dict[Reading, int]] = {}
    filled: dict[str, int] = {}
    for name, each in possible.items():
        filled[name] = next(answers)
        counts = {reading: next(answers) for reading in each}
        fitting[name] = {reading: n for reading, n in counts.items() if 2 * n > filled[name] or not filled[name]}
    return fitting, filled


def _clear_point(fitting: Iterable[Mapping[Reading, int]]) -> str | None:
    """The decimal point of columns that leave no doubt about theirs: it speaks for all columns."""
    clear = set()
    for counts in fitting:
        most = max(counts.values(), default=0)
        points = {reading.decimal for reading, count in counts.items() if count == most}
        clear |= points if len(points) == 1 else set()
    clear.discard("")
    return clear.pop() if len(clear) == 1 else None


def _recognised(name: str, counts: Mapping[Reading, int], filled: int) -> Column:
    """One text column, as the reading that fits the most cells, the first of several."""
    cells = query.name(name)
    best = max(counts, key=lambda reading: counts[reading], default=None)
    if best is None or not filled:
        return Column(name, "text", cells)
    if counts[best] < filled:
        return Column(name, "text", cells, mixed=best if best.kind != "boolean" else None, text=cells)
    numbers = [reading for reading, count in counts.items() if count == filled and reading.kind == "number"]
    doubtful = best.kind == "number" and any(reading.decimal != best.decimal for reading in numbers)
    return Column(
        name, best.kind, best.cells, best.kind == "integer", text=cells, doubted=best.decimal if doubtful else ""
    )
