"""A column whose cells name the part of each row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dltool.config.data import PARTS, PartColumn
from dltool.data.files.quoting import shown
from dltool.data.tables.key_columns import require_cells
from dltool.errors import InputError, Problem
from dltool.formatting import first_few

PATH = "data.split.column"
#: most cells to list in a message
LISTED = 8


def named_rows(column: PartColumn, cells: np.ndarray, place: Callable[[int], str]) -> dict[str, np.ndarray]:
    """The row numbers (n,) of each part, from cells (rows,) that name the part.

    Raises InputError for cells that name no part, and for parts without rows.
    """
    require_cells(cells, column.name, PATH, place)
    found, inverse = np.unique(np.ma.getdata(cells), return_inverse=True)
    words = [_text(value) for value in found]
    number = {cell: i for i, part in enumerate(PARTS) for cell in column.cells(part)}
    parts = np.array([number.get(word, -1) for word in words])[inverse]
    unknown = np.flatnonzero(parts < 0)
    advice = f"say what they mean: {PATH}: {{name: {column.name}, train: …, validation: …, test: …}}"
    if unknown.size:
        row = int(unknown[0])
        message = f"column '{column.name}' holds {shown(words[inverse[row]])}, which names no part; {advice}"
        raise InputError(Problem(message, place(row)))
    rows = {part: np.flatnonzero(parts == i) for i, part in enumerate(PARTS)}
    for part in PARTS:
        if column.cells(part) and not rows[part].size:
            none = "" if part == "train" else f"; {part}: null if it has another source, or none"
            held = f"it holds: {first_few(words, LISTED)}"
            message = f"column '{column.name}' names no row of the {part} part, {held}; {advice}{none}"
            raise InputError(Problem(message, path=PATH))
    return {part: index for part, index in rows.items() if column.cells(part)}


def _text(cell: object) -> str:
    """A cell as written in a config."""
    if isinstance(cell, bool | np.bool_):
        return "true" if cell else "false"
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip()
