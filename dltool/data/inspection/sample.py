"""Some rows of a table, as the search for leaks looks at them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.data.inspection.leaks import Sample
from dltool.data.tables.columns import Column
from dltool.data.tables.database import Database

ROWS = 20_000


def take_sample(database: Database, columns: Mapping[str, Column]) -> Sample:
    """Evenly spaced rows of these columns."""
    keys = {name: _key(column) for name, column in columns.items()}
    numbers = {n: column.read("DOUBLE") for n, column in columns.items() if column.kind in ("integer", "number")}
    found = database.sample(keys, ROWS)
    values = database.sample(numbers, ROWS) if numbers else {}
    return Sample(found, {name: np.ma.filled(cells, np.nan) for name, cells in values.items()})


def _key(column: Column) -> str:
    cells = column.read("DOUBLE") if column.kind in ("integer", "number") else column.read("VARCHAR")
    return f"CASE WHEN {cells} IS NULL THEN 0::UBIGINT ELSE hash({cells}) END"
