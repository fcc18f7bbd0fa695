"""Hints about splits that only the user can decide on: by time, and by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dltool.data.inspection.columns import called_id
from dltool.data.tables.profile import ColumnProfile
from dltool.findings import Finding, note, warning
from dltool.formatting import plural
from dltool.proposal.layout import Look

#: names of columns that identify a person or another group of rows
WHOLES = ("user", "customer", "client", "patient", "subject", "person", "participant", "session", "group", "family")
#: rows that such a column has for each value, on average
ROWS_EACH = 1.5
#: largest share of rows without a date in a column that could order them
FEW_MISSING = 0.1


def order_hint(target: ColumnProfile, classes: int) -> Iterator[Finding]:
    """How to use the order of classes that are numbers, such as grades."""
    if target.kind == "integer" and classes > 2:
        yield note(
            f"if the classes of '{target.name}' have an order, as grades do, use it: loss: ordinal, and metrics:"
            " [accuracy, rank_mae, cohen_kappa: quadratic]"
        )


def hints(look: Look, features: Sequence[str], time: ColumnProfile | None) -> Iterator[Finding]:
    """Other ways to divide the rows of a table than by `time`."""
    for name in features:
        column = look.profiles[name]
        if time is None and 0 < column.missing <= FEW_MISSING and column.kind == "date":
            row = look.database.rows_where(f"({look.columns[name].cells}) IS NULL", "NULL", 1)[0][0]
            empty = f"no date in {plural(column.rows - column.filled, 'row')} (first: {look.database.place(row)})"
            advice = "so rows are drawn at random, not by time; fill it in, or remove such rows, and run init again"
            yield warning(f"{empty}, {advice}", f"column '{name}'")
        elif column.kind == "date" and time is None:
            yield note(f"to measure how well later rows are predicted from earlier ones: data.split: {{time: {name}}}")
        whole = column.kind in ("integer", "text") and (called_id(name) or name.lower() in WHOLES)
        if whole and ROWS_EACH * column.distinct <= column.filled and not time:
            yield note(f"if rows of one '{name}' belong together, keep them in one part: data.split: {{group: {name}}}")
