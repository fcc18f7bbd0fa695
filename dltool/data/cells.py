"""Cells of a table that a network cannot take: text, dates and the like, missing values, infinite numbers.

Every column at fault is named, with the first such row and what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from dltool.data.arrays import unusable
from dltool.data.quoting import shown
from dltool.data.table_file import TableFile
from dltool.errors import InputError, Problem

#: rows that are looked at to tell why a column is taken for text; duckdb has decided so on fewer
LOOKED_AT = 50_000


def require_numeric_columns(file: TableFile, columns: Sequence[str]) -> None:
    """Raises InputError unless all these features are numbers or booleans."""
    flaws: list[Problem] = []
    reasons: dict[str, str] = {}
    for column in columns:
        if file.kind(column) == "other":
            reasons[column] = file.columns[column].lower().split("(")[0]
        elif file.kind(column) == "text":
            cells = file.fetch({"cell": (column, "VARCHAR")}, limit=LOOKED_AT)["cell"]
            if not len(cells):
                raise InputError(Problem("a table without rows", str(file.path)))
            words = [row for row, cell in enumerate(cells) if cell is not np.ma.masked and not _is_number(cell)]
            if words and len(words) < len(cells) / 2:
                (place,) = file.places(words[:1])
                message = f"column '{column}' holds {shown(cells[words[0]])}, where a number is expected"
                flaws.append(Problem(f"{message}; correct it or train without the column: exclude: [{column}]", place))
            else:
                reasons[column] = f"text such as {shown(cells[words[0]])}" if words else "no values at all"
    if reasons:
        told = ", ".join(f"'{column}' ({reason})" for column, reason in reasons.items())
        message = (
            f"features must be numbers, which is not so for {told}; train without: exclude: [{', '.join(reasons)}]"
        )
        flaws.append(Problem(message, str(file.path)))
    if flaws:
        raise InputError(*flaws)


def require_values(file: TableFile, columns: Mapping[str, np.ndarray], advice: str) -> None:
    """Raises InputError, with the advice, unless every cell of these columns (rows,) has a value that float32 holds."""
    problems = [problem for column, cells in columns.items() for problem in _gaps(file, column, cells, advice)]
    if problems:
        raise InputError(*problems)


def _gaps(file: TableFile, column: str, cells: np.ndarray, advice: str) -> Iterator[Problem]:
    missing = np.ma.getmaskarray(cells)
    content = np.ma.getdata(cells)
    bad = np.flatnonzero(missing | unusable(content) if content.dtype.kind == "f" else missing)
    if not bad.size:
        return
    first = int(bad[0])
    here = "has no value" if missing[first] else f"is {content[first]}"
    others = f", and {bad.size - 1} more such rows" if bad.size > 1 else ""
    (place,) = file.places([first])
    yield Problem(f"column '{column}' {here}{others}; {advice.format(column)}", place)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
