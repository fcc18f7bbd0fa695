"""Rows of a table given in memory, written to a temporary file, for sources that need all rows at once."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dltool.data.prediction.given import ROWS
from dltool.data.prediction.given_cells import columns_of, is_frame, is_missing, is_row
from dltool.data.tables.reader import GO_ON
from dltool.errors import InputError, Problem


@contextmanager
def as_file(rows: Any) -> Iterator[str]:
    """The path of a file of JSON lines with these rows; problems raised inside name rows instead of lines."""
    with tempfile.TemporaryDirectory(prefix="dltool-") as folder:
        path = Path(folder) / "rows.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for place, row in enumerate(_rows(rows)):
                if not isinstance(row, Mapping):
                    message = f"is of type {type(row).__name__}, where columns by name are expected"
                    raise InputError(Problem(message, f"{ROWS}[{place}]"))
                cells = {str(name): None if is_missing(cell) else cell for name, cell in row.items()}
                file.write(json.dumps(cells, default=str) + "\n")
        if not path.stat().st_size:
            raise InputError(Problem("there are none", ROWS))
        try:
            yield str(path)
        except InputError as error:
            raise InputError(*(in_rows(problem, str(path)) for problem in error.problems)) from None


def in_rows(problem: Problem, path: str, name: str = ROWS) -> Problem:
    """A problem in a temporary file as one in the rows that were given: line 3 is rows[2]."""
    where = re.sub(rf"^{re.escape(path)}:(\d+)$", lambda line: f"{name}[{int(line[1]) - 1}]", problem.where)
    message = problem.message.removesuffix(f"; {GO_ON}").replace(path, name)
    return replace(problem, where=where.replace(path, name), message=message)


def _rows(rows: Any) -> Iterator[Any]:
    """Rows given in any form, one by one."""
    if isinstance(rows, Mapping) and is_row(rows):
        yield rows
    elif isinstance(rows, Mapping) or is_frame(rows):
        columns = columns_of(rows, ROWS)
        yield from (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    else:
        yield from rows
