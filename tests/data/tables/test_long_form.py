"""Wide tables are asked about all their columns at once; the answers are those for each column by itself."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dltool.data.tables import database as databases
from dltool.data.tables.database import Database
from dltool.data.tables.formats import open_table
from dltool.data.tables.profile import profile
from dltool.data.tables.recognition import find_columns

ROWS = 40
CELLS = ("{row}", "{row}.5", "c{row}", "'c1", "yes", "2024-01-{day:02}", "", "007", "no", "c3")
#: enough columns of each kind, and one that is like no other
NAMES = [f"x{place}" for place in range(200)]


def _database(path: Path) -> Database:
    lines = [",".join(NAMES)]
    for row in range(ROWS):
        cells = [CELLS[place % 10 if row % 7 else 6] for place in range(len(NAMES) - 1)] + [CELLS[row % 10]]
        lines.append(",".join(cell.format(row=row, day=row % 28 + 1) for cell in cells))
    path.write_text("\n".join(lines) + "\n")
    file = open_table(path)
    return Database([file], dict(file.columns))


def _told(path: Path) -> dict[str, Any]:
    """All that is told of a table."""
    with closing(_database(path)) as database:
        columns = find_columns(database, NAMES, {}, {})
        cells = {name: column.cells for name, column in columns.items()}
        # a text in SQL that reads like the name of a column stays a text
        literal = [f"count(*) FILTER ({column.raw} IN ('c1', '''c1', 'c3'))" for column in columns.values()]
        return {
            "columns": columns,
            "profiles": profile(database, columns),
            "cells": {name: np.ma.filled(array, 0).tolist() for name, array in database.fetch(cells, 3, 30).items()},
            "frequent": database.frequent_of({name: column.raw for name, column in columns.items()}, 2),
            "literal": database.single(literal),
        }


def test_a_wide_table_is_told_as_its_columns_are_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = _told(tmp_path / "wide.csv")
    monkeypatch.setattr(databases, "MOST_CELLS", 0)
    assert together == _told(tmp_path / "wide.csv")
    assert [together["profiles"][f"x{place}"].kind for place in range(10)] == [
        *("integer", "number", "text", "text", "boolean", "date", "text", "text", "boolean", "text")
    ]
    assert together["literal"][:10] == [0, 0, 2, 34, 0, 0, 0, 0, 0, 34]
