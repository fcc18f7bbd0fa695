"""Reports on the columns of a table, and warnings about useless ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dltool.data.features.feature import Encoder
from dltool.data.features.infer import NAMES, SENTENCE
from dltool.data.files.quoting import percent
from dltool.data.tables.columns import Column
from dltool.data.tables.database import Database
from dltool.data.tables.profile import ColumnProfile
from dltool.findings import Finding, warning
from dltool.formatting import plural

#: fewest rows to decide whether a column only names them
FEWEST_ROWS = 32
#: frequent values that are shown
SHOWN = 3


@dataclass(frozen=True)
class ColumnReport:
    """One column in a line."""

    name: str
    kind: str
    feature: str  # how it is encoded
    missing: float  # share of the rows
    distinct: int
    values: str  # the range of numbers and dates, else the most frequent ones


def useless(column: ColumnProfile, *, within_cells: bool = False) -> str:
    """Why nothing can be learned from a column; empty if something can. A feature may look at words `within_cells`."""
    if column.kind == "other":
        return "holds lists or records"
    if column.constant:
        return "the same in all rows" if column.distinct else "empty"
    if column.too_large:
        return "holds numbers that are infinite, or too large for float32"
    if column.row_number:
        return "numbers the rows"
    if column.different <= NAMES or column.filled < FEWEST_ROWS:
        return ""
    if column.kind == "text" and column.words < SENTENCE and not within_cells:
        return "a different word in almost every row"
    if column.kind == "integer" and (column.contiguous or called_id(column.name)):
        return "a different number in almost every row: it only names rows"
    return ""


def called_id(name: str) -> bool:
    """Whether a column's name is that of an identifier, such as "id", "user_id" or "passengerId", or is missing."""
    if name.startswith("Unnamed:"):
        return True
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)
    return any(word.lower() in ("id", "ids", "uuid", "guid", "key", "index", "idx") for word in words)


def report(
    database: Database,
    columns: Mapping[str, Column],
    profiles: Mapping[str, ColumnProfile],
    encoders: Mapping[str, Encoder],
) -> list[ColumnReport]:
    """A line for each of these columns."""
    words = {n: columns[n].read("VARCHAR") for n, one in profiles.items() if not one.low and one.different <= NAMES}
    frequent = database.frequent_of(words, SHOWN)
    return [
        ColumnReport(
            name,
            profile.kind,
            _becomes(encoders[name]) if name in encoders else "–",
            profile.missing,
            profile.distinct,
            _values(profile, frequent.get(name, [])),
        )
        for name, profile in profiles.items()
    ]


def odd_columns(profiles: Mapping[str, ColumnProfile], encoders: Mapping[str, Encoder]) -> Iterator[Finding]:
    """Features from which nothing can be learned."""
    for name, encoder in encoders.items():
        if reason := useless(profiles[name], within_cells=encoder.kind in ("text", "tokens")):
            yield warning(f"{reason}; leave the column out: exclude: [{name}]", f"column '{name}'")


def _becomes(encoder: Encoder) -> str:
    """How a column is encoded, such as "category: one-hot of 6"."""
    numbers, field = len(encoder.names), encoder.field
    if field is None:
        return f"{encoder.kind}: {plural(numbers, 'number')}"
    if field.sequence:
        return f"{encoder.kind}: {field.length:,} of {field.size:,}"
    if field.width is None:
        return f"{encoder.kind}: one-hot of {field.size}"
    return f"{encoder.kind}: {field.size:,} in {field.width} numbers"


def _values(profile: ColumnProfile, frequent: Sequence[tuple[str, int]]) -> str:
    if profile.low:
        return f"{profile.low} … {profile.high}"
    shares = [f"{_short(word)} {percent(count / profile.rows, 3)}" for word, count in frequent]
    return ", ".join(shares) + (", …" if frequent and profile.distinct > SHOWN else "")


def _short(word: str, longest: int = 24) -> str:
    word = " ".join(word.split())
    return word if len(word) <= longest else f"{word[: longest - 1]}…"
