"""Inference of the kind of feature for table columns that the config does not mention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dltool.config.data import DataConfig
from dltool.data.column_types.column_type import Kind
from dltool.data.features.boolean import Boolean
from dltool.data.features.category import Category
from dltool.data.features.date import Date
from dltool.data.features.feature import Feature
from dltool.data.features.numeric import Numeric
from dltool.data.features.text import Text
from dltool.data.readers.reader import Reader, cells_of
from dltool.data.tables.column_names import matching, unmatched
from dltool.errors import InputError, Problem

#: average words in a cell from which on a column is text rather than names
SENTENCE = 4.0
#: share of different cells from which on a column only names its rows, and fewest rows to decide that
NAMES, FEWEST = 0.9, 20
#: names that a note lists
LISTED = 4


@dataclass(frozen=True)
class Words:
    """Statistics of the first rows of a column of text."""

    rows: int  # with a value
    different: int
    length: float  # words in a cell, on average

    @property
    def constant(self) -> bool:
        """Nothing can be learned from them."""
        return self.different < 2

    @property
    def names_rows(self) -> bool:
        """(Almost) every row has a different word."""
        return self.rows >= FEWEST and self.different > NAMES * self.rows


def choose_features(data: DataConfig, reader: Reader) -> tuple[dict[str, Feature], list[str]]:
    """The feature for every column of a table, with notes on inferred ones."""
    columns = reader.outline.columns
    configured = _configured(data.features, reader)
    texts = [column for column, kind in columns.items() if kind == "text" and column not in configured]
    words = _look_at(reader, texts) if texts else {}
    chosen: dict[str, Feature] = {}
    dropped: list[str] = []
    for column, kind in columns.items():
        if column in configured:
            chosen[column] = configured[column]
        elif feature := _inferred(column, kind, words.get(column), data, reader):
            chosen[column] = feature
        else:
            dropped.append(column)
    if not chosen:
        raise InputError(Problem("no column is left for the features", reader.outline.where, reader.path))
    return chosen, _notes({column: f for column, f in chosen.items() if column not in configured}, dropped)


def _configured(features: Mapping[str, Feature], reader: Reader) -> dict[str, Feature]:
    """Features that the config gives, by column."""
    columns = list(reader.outline.columns)
    if problems := list(unmatched(features, columns, "data.features")):
        raise InputError(*problems)
    return matching(features, columns)


def _inferred(column: str, kind: Kind, words: Words | None, data: DataConfig, reader: Reader) -> Feature | None:
    """The feature for a column; None if the column is useless."""
    if kind == "other":
        message = (
            f"column '{column}' holds lists or records, which are not supported; leave it out: exclude: [{column}]"
        )
        raise InputError(Problem(message, reader.outline.where, reader.path))
    if words:
        if stray := reader.stray(column):
            raise InputError(replace(stray, path=reader.path))
        if words.constant:
            return None
        if words.length >= SENTENCE and words.different > words.rows / 2:
            return Text()
        return None if words.names_rows else Category()
    if kind == "prose":
        return Text()
    if kind == "boolean":
        return Boolean()
    if kind == "date":
        return Date()
    return Numeric(scaling=data.scaling) if data.scaling else Numeric()


def _look_at(reader: Reader, columns: Sequence[str]) -> dict[str, Words]:
    """Statistics of these columns over the first chunk of rows."""
    cells = cells_of(next(reader.read(dict.fromkeys(columns, "VARCHAR"))))
    found = {}
    for column in columns:
        filled = [cell for cell in cells[column].tolist() if cell is not None]
        length = sum(cell.count(" ") + 1 for cell in filled[:1000]) / max(1, len(filled[:1000]))
        found[column] = Words(len(filled), len(set(filled)), length)
    return found


def _notes(chosen: Mapping[str, Feature], dropped: Sequence[str]) -> list[str]:
    kinds: dict[str, list[str]] = {}
    for column, feature in chosen.items():
        kinds.setdefault(feature.yaml_name, []).append(column)
    listed = [f"{len(names)} {kind}" + _listed(names, kind) for kind, names in kinds.items()]
    notes = [f"features: {', '.join(listed)} (change it with data.features)"] if listed else []
    if dropped:
        notes.append(f"left out, since they are empty, constant or only name the rows: {', '.join(dropped)}")
    return notes


def _listed(names: Sequence[str], kind: str) -> str:
    """The names of the columns, except for numeric ones, which are many."""
    if kind == "numeric":
        return ""
    return f" ({', '.join(names[:LISTED])}{', …' if len(names) > LISTED else ''})"
