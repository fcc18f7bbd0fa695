"""Reading a table out of its database: what its columns hold, and their cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dltool.data.quoting import shown
from dltool.data.sources.source import Outline, Raw, Reader, Task
from dltool.data.tables import query
from dltool.data.tables.cells import require_values
from dltool.data.tables.columns import TYPES, Column, find_columns
from dltool.data.tables.database import Database
from dltool.errors import InputError, Problem

#: what a target's column becomes in SQL
_TARGET_TYPES = {"text": "VARCHAR", "boolean": "BOOLEAN", "integer": "DOUBLE", "number": "DOUBLE"}
#: what texts of a type look like, in SQL: such that nothing of them is lost, as leading zeros would be
_LOOKS = {
    "BIGINT": "regexp_full_match({}, '-?(0|[1-9][0-9]{{0,17}})')",
    "DOUBLE": "regexp_full_match({}, '-?(0|[1-9][0-9]{{0,14}})([.][0-9]+)?([eE][-+]?[0-9]+)?')",
    "BOOLEAN": "{} IN ('true', 'false')",
}
_EXPECTED = {"DOUBLE": "a number", "BOOLEAN": "true or false", "TIMESTAMP": "a date"}
_REMOVE = "a row without a target cannot be used: remove it, or leave out all such rows with missing_target: drop"


@dataclass(frozen=True)
class TargetOptions:
    """How the target is to be understood."""

    task: Task
    separator: str  # between the labels of a cell; empty: a cell is one
    renamed: Mapping[str | int, str]  # labels as found, and what they are called
    drop_missing: bool  # rather than refuse rows without a target


class TableReader(Reader):
    """A table's columns in a database."""

    def __init__(
        self,
        database: Database,
        features: Sequence[str],
        targets: Sequence[str],
        options: TargetOptions,
        extras: Sequence[str],
        keep: Sequence[str],
    ):
        self.file, self.database, self._keep = database.file, database, keep
        if not database.rows:
            raise InputError(Problem("a table without rows", str(self.file.path)))
        self.columns = find_columns(database, [*features, *targets, *extras])
        further = {name: self.columns[name].cells for name in extras}
        self.outline = Outline(
            where=str(self.file.path),
            place=database.place,
            rows=database.rows,
            task=options.task,
            targets=self._targets(targets, options) if targets else {},
            extras=database.fetch(further) if extras else {},
            columns={name: self.columns[name].kind for name in features},
            label_separator=options.separator,
            rename_labels={str(found): name for found, name in options.renamed.items()},
            notes=tuple(self._doubt(column) for column in self.columns.values() if column.doubted),
        )

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """Cells of these columns, masked where values are missing."""
        for name, as_type in types.items():
            if stray := self._stray(name, as_type):
                raise InputError(stray)
        return self.database.chunks({name: self.columns[name].read(as_type) for name, as_type in types.items()})

    def stray(self, column: str) -> Problem | None:
        """What keeps a column of text from being one of numbers, or dates, where most of its cells are."""
        mixed = self.columns[column].mixed
        return self._stray(column, TYPES[mixed.kind]) if mixed else None

    def _stray(self, name: str, as_type: str) -> Problem | None:
        column = self.columns[name]
        condition = column.unreadable(as_type)
        found = self.database.first(condition, column.cells) if condition else None
        if not found:
            return None
        row, cell = found
        if as_type == "VARCHAR":
            message = f"column '{name}' holds whole numbers too large to be told apart; leave it out: exclude: [{name}]"
            return Problem(message, self.database.place(row))
        message = f"column '{name}' holds {shown(cell)}, where {_EXPECTED[as_type]} is expected"
        hint = f"correct it, add it to 'missing', or take the column for words: features: {{{name}: category}}"
        return Problem(f"{message}; {hint}", self.database.place(row))

    def describe(self, rows: Sequence[int]) -> list[dict[str, str]]:
        """The cells of the features."""
        fields = {name: self.columns[name].read("VARCHAR") for name in self.outline.columns}
        return [{name: cell or "" for name, cell in row.items()} for row in self.database.pick(fields, rows)]

    def places(self, rows: Sequence[int]) -> list[str]:
        """With one look at each file."""
        found = self.database.places(rows)
        return [found[row] for row in rows]

    def kept(self, low: int, high: int) -> dict[str, np.ndarray]:
        """Cells of the columns to keep."""
        return self.database.fetch({name: self._text(name) for name in self._keep}, low, high) if self._keep else {}

    def kept_types(self) -> dict[str, str]:
        """What the file says; where it does not, what all cells turn out to be."""
        types = {name: self.file.columns[name] for name in self._keep}
        if not self.file.guessed or not types:
            return types
        told = [f"bool_and({condition.format(self._text(name))})" for name in types for condition in _LOOKS.values()]
        answers = iter(self.database.single(told))
        found = {name: [as_type for as_type, fits in zip(_LOOKS, answers, strict=False) if fits] for name in types}
        return {name: fitting[0] if fitting else "VARCHAR" for name, fitting in found.items()}

    def close(self) -> None:
        """Remove the database."""
        self.database.close()

    def _doubt(self, column: Column) -> str:
        """How the cells were read that another decimal point would make other numbers of."""
        found = self.database.first(f"regexp_matches({column.text}, '[.,]')", str(column.text))
        cell, other = found[1] if found else "", "," if column.doubted == "." else "."
        point = f"'{column.doubted}' as decimal point (data.table.decimal: '{other}' says otherwise)"
        return f"column '{column.name}': {shown(cell)} is read with {point}"

    def _text(self, name: str) -> str:
        return self.columns[name].read("VARCHAR") if name in self.columns else query.name(name)

    def _targets(self, names: Sequence[str], options: TargetOptions) -> dict[str, np.ndarray]:
        columns = [self.columns[name] for name in names]
        for column in columns:
            if column.kind not in _TARGET_TYPES:
                what = "dates" if column.kind == "date" else f"values of type {self.file.columns[column.name].lower()}"
                raise InputError(
                    Problem(
                        f"column '{column.name}' holds {what}, which cannot be predicted", str(self.file.path), "target"
                    )
                )
        types = {column.name: _TARGET_TYPES[column.kind] for column in columns}
        for column in columns:
            yes_or_no = (
                column.kind == "boolean" and column.text and len(columns) == 1 and options.task in ("auto", "classes")
            )
            if options.separator or yes_or_no:  # classes are called as the file calls them
                types[column.name] = "VARCHAR"
        found = self.database.fetch({column.name: column.read(types[column.name]) for column in columns})
        if options.drop_missing:
            found = {name: _without_nan(values) for name, values in found.items()}
            present = {name: np.ma.filled(values, 0) for name, values in found.items() if values.dtype.kind == "f"}
            require_values(self.database.place, present, _REMOVE)
        elif not options.separator:
            require_values(self.database.place, found, _REMOVE)
        return {
            name: _as_integers(values) if self.columns[name].kind == "integer" else values
            for name, values in found.items()
        }


def _without_nan(values: np.ndarray) -> np.ndarray:
    """Masked where a number is none."""
    return np.ma.masked_where(np.isnan(np.ma.filled(values, 0)), values) if values.dtype.kind == "f" else values


def _as_integers(values: np.ndarray) -> np.ndarray:
    """Whole numbers as integers; others as they are."""
    numbers = np.ma.filled(values, 0)
    if not np.array_equal(numbers, np.trunc(numbers)):
        return values
    integers = numbers.astype(np.int64)
    return np.ma.array(integers, mask=np.ma.getmaskarray(values)) if np.ma.is_masked(values) else integers
