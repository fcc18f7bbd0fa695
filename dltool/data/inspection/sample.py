"""A sample of a table's rows for the search for leaks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.data.inspection.leaks import Sample
from dltool.data.tables.columns import Column
from dltool.data.tables.database import Database

ROWS = 20_000


def take_sample(database: Database, columns: Mapping[str, Column]) -> Sample:
    """Evenly spaced rows of these columns."""
    of_numbers = {n: column.read("DOUBLE") for n, column in columns.items() if column.kind in ("integer", "number")}
    others = {name: _key(column) for name, column in columns.items() if name not in of_numbers}
    found = database.sample(of_numbers, ROWS) if of_numbers else {}
    numbers = {name: np.ma.filled(cells, np.nan) for name, cells in found.items()}
    keys = {**(database.sample(others, ROWS) if others else {}), **{n: _number_keys(c) for n, c in numbers.items()}}
    return Sample({name: keys[name] for name in columns}, numbers)


def _key(column: Column) -> str:
    cells = column.read("VARCHAR")
    return f"CASE WHEN {cells} IS NULL THEN 0::UBIGINT ELSE hash({cells}) END"


def _number_keys(numbers: np.ndarray) -> np.ndarray:
    """A key for each number; 0 is the key of missing cells."""
    keys = (numbers + 0.0).view(np.uint64) + np.uint64(1)  # −0 is 0
    return np.where(np.isnan(numbers), np.uint64(0), keys)
