"""The data part of `dltool check`: a line for each column, and the rows of each class."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from dltool.cli.screen.table import write_table
from dltool.config.experiment import TARGETS
from dltool.data.files.quoting import percent
from dltool.data.inspection.inspection import Inspection

#: largest number of classes and of columns that are shown
MOST_CLASSES, MOST_COLUMNS = 20, 60


def data_as_json(inspection: Inspection) -> dict[str, Any]:
    """Columns and classes as plain data."""
    return {
        "columns": [asdict(column) for column in inspection.columns],
        "class_rows": {part: dict(counts) for part, counts in inspection.balance.items()},
    }


def write_data(inspection: Inspection) -> None:
    """Columns and classes as tables."""
    if inspection.columns:
        header = ("column", "kind", "becomes", "missing", "distinct", "values")
        rows = [
            (c.name, c.kind, c.feature, _percent(c.missing), f"{c.distinct:,}", c.values)
            for c in inspection.columns[:MOST_COLUMNS]
        ]
        write_table("columns", header, rows, right=(3, 4))
        if more := len(inspection.columns) - len(rows):
            typer.echo(f"  … and {more:,} more columns; --json lists all")
    if inspection.balance and len(inspection.balance["train"]) <= MOST_CLASSES:
        parts = list(inspection.balance)
        totals = {part: inspection.signature.rows[part] for part in parts}
        rows = [
            (
                name,
                *(
                    f"{counts[name]:,} ({_percent(counts[name] / totals[part])})"
                    for part, counts in inspection.balance.items()
                ),
            )
            for name in inspection.balance["train"]
        ]
        write_table(TARGETS[inspection.signature.task], ("", *parts), rows, right=range(1, len(parts) + 1))


def _percent(share: float) -> str:
    """A percentage with up to three digits."""
    return percent(share, 3) if share else ""
