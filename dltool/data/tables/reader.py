"""Reading a table out of its database: what its columns hold, and their cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dltool.config.writing import dump_inline
from dltool.data.column_types.column_type import ColumnType
from dltool.data.column_types.date import Date
from dltool.data.column_types.number import Integer, Number
from dltool.data.files.quoting import LONGEST, shown
from dltool.data.readers.outline import Bad, Outline, Task
from dltool.data.readers.reader import Raw, Reader
from dltool.data.tables.cells import require_values
from dltool.data.tables.columns import Column
from dltool.data.tables.database import Database
from dltool.data.tables.table_file import TEXT
from dltool.errors import InputError, Problem
from dltool.formatting import plural

#: what texts of a type look like, in SQL: such that nothing of them is lost, as leading zeros would be
_LOOKS = {
    "BIGINT": "regexp_full_match({}, '-?(0|[1-9][0-9]{{0,17}})')",
    "DOUBLE": "regexp_full_match({}, '-?(0|[1-9][0-9]{{0,14}})([.][0-9]+)?')",
    "BOOLEAN": "{} IN ('true', 'false')",
}
_REMOVE = "a row without a target cannot be used: remove it, or drop all such rows with missing_target: drop"
#: what `dltool predict` advises
GO_ON = "correct it, or go on without: --bad missing takes such cells as missing, --bad skip leaves rows out"
#: bad cells that are listed
LISTED = 10
#: words for missing values that a note lists
WORDS = 3


@dataclass(frozen=True)
class TargetOptions:
    """How the target is to be understood."""

    task: Task | Literal["inputs"]
    separator: str  # between the labels of a cell; empty: a cell is one
    renamed: Mapping[str | int, str]  # labels as found, and what they are called
    class_order: tuple[str, ...]  # of the only target, if it is given
    drop_missing: bool  # rather than refuse rows without a target


class TableReader(Reader):
    """A table's columns in a database."""

    def __init__(
        self,
        database: Database,
        columns: Mapping[str, Column],
        features: Sequence[str],
        targets: Sequence[str],
        options: TargetOptions,
        extras: Sequence[str],
        keep: Sequence[str],
        bad: Bad,
        *,
        fitting: bool,
    ):
        self.file, self.database, self._keep, self._bad = database.file, database, keep, bad
        if not database.rows:
            raise InputError(Problem("a table without rows", str(self.file.path)))
        self.columns = columns
        self._targets, self._extras, self._fitting = targets, extras, fitting
        if bad == "refuse" and (problems := self._strays(self._own_types(extras))):
            raise InputError(*problems)
        self.outline = Outline(
            where=str(self.file.path),
            place=database.place,
            rows=database.rows,
            task=options.task,
            targets=self._target_cells(options) if targets else {},
            extras=database.fetch({name: columns[name].cells for name in extras}) if extras else {},
            columns={name: columns[name].kind for name in features},
            label_separator=options.separator,
            class_order=options.class_order,
            rename_labels={str(found): name for found, name in options.renamed.items()},
            notes=tuple(self._notes()) if fitting else (),
        )

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """Cells of these columns, masked where values are missing, or where they may be bad and are."""
        if self._bad == "refuse" and (problems := self._strays(types)):
            raise InputError(*problems)
        return self.database.chunks({name: self.columns[name].read(as_type) for name, as_type in types.items()})

    def column_types(self, types: Mapping[str, str] | None = None) -> dict[str, ColumnType]:
        """How columns are read: features as these types in SQL, targets and extras; without `types` all columns."""
        if types is None:
            return {name: column.type for name, column in self.columns.items() if column.type}
        others = {name: self.columns[name].type for name in (*self._targets, *self._extras)}
        return {
            **{name: one for name, one in others.items() if one},
            **{name: self.columns[name].type_for(as_type) for name, as_type in types.items()},
        }

    def bad_rows(self, types: Mapping[str, str]) -> np.ndarray:
        """The numbers (n,) of the rows with a cell that cannot be read so."""
        conditions = [f"({condition})" for condition in self._unreadable(types).values()]
        rows = self.database.rows_where(" OR ".join(conditions), "NULL", self.outline.rows) if conditions else []
        return np.array([row for row, _ in rows], np.int64)

    def bad_cells(self, types: Mapping[str, str]) -> dict[str, int]:
        """How many cells of each column cannot be read so, where some cannot."""
        unreadable = self._unreadable(types)
        counts = self.database.single([f"count_if({condition})" for condition in unreadable.values()])
        return {name: count for name, count in zip(unreadable, counts, strict=True) if count}

    def stray(self, column: str) -> Problem | None:
        """What keeps a column of text from being one of numbers, or dates, where most of its cells are."""
        mixed = self.columns[column].mixed
        problems = self._strays({column: mixed.sql_type}) if mixed else []
        return problems[0] if problems else None

    def _own_types(self, names: Sequence[str]) -> dict[str, str]:
        """The types in SQL of what columns hold."""
        return {name: one.sql_type for name in names if (one := self.columns[name].type)}

    def _unreadable(self, types: Mapping[str, str]) -> dict[str, str]:
        told = {name: self.columns[name].unreadable(as_type) for name, as_type in types.items()}
        return {name: condition for name, condition in told.items() if condition}

    def _strays(self, types: Mapping[str, str]) -> list[Problem]:
        """The first cells that cannot be read as these types in SQL, and how many more there are."""
        problems: list[Problem] = []
        for name, count in self.bad_cells(types).items():
            # one cell shows that the whole column is of another type
            most = 1 if 2 * count > self.database.rows else max(1, LISTED - len(problems))
            column, as_type = self.columns[name], types[name]
            found = self.database.rows_where(column.unreadable(as_type) or "false", column.raw, min(count, most))
            places = self.database.places([row for row, _ in found])
            told = [Problem(column.stray(as_type, cell), places[row]) for row, cell in found]
            others = f", and {plural(count - len(told), 'more cell')} of this column" if count > len(told) else ""
            last = told[-1]
            told[-1] = Problem(last.message + others, last.where)
            advice = self._advice(name, as_type, found[0][1])
            if not any(one.message.endswith(advice) for one in problems):
                told[0] = Problem(f"{told[0].message}; {advice}", told[0].where)
            problems += told
        return problems

    def _advice(self, name: str, as_type: str, cell: str) -> str:
        if not (self._fitting or self._targets):
            return GO_ON
        one, key = self.columns[name].type_for(as_type), dump_inline(name)
        if len(cell.strip()) > LONGEST:
            return f"correct it, or take the column as text: features: {{{key}: category}}"
        missing = f"types: {{{key}: {{{one.yaml_name}: {{missing: [{dump_inline(cell.strip())}]}}}}}}"
        if name in self._targets:
            return f"correct it, or leave its row out: {missing}, missing_target: drop"
        return f"correct it, or say what it means: {missing}, or features: {{{key}: category}}"

    def describe(self, rows: Sequence[int]) -> list[dict[str, str]]:
        """The cells of the features."""
        fields = {name: self.columns[name].raw for name in self.outline.columns}
        return [{name: cell or "" for name, cell in row.items()} for row in self.database.cells_at(fields, rows)]

    def places(self, rows: Sequence[int]) -> list[str]:
        """With one look at each file."""
        found = self.database.places(rows)
        return [found[row] for row in rows]

    def kept(self, low: int, high: int) -> dict[str, np.ndarray]:
        """Cells of the columns to keep."""
        return self.database.fetch({name: self._raw(name) for name in self._keep}, low, high) if self._keep else {}

    def kept_types(self) -> dict[str, str]:
        """What the file says; where it does not, what all cells turn out to be."""
        types = {name: self.file.columns[name] for name in self._keep}
        if not self.file.as_text or not types:
            return types
        told = [f"bool_and({look.format(self._raw(name))})" for name in types for look in _LOOKS.values()]
        answers = iter(self.database.single(told))
        found = {name: [as_type for as_type, fits in zip(_LOOKS, answers, strict=False) if fits] for name in types}
        return {name: fitting[0] if fitting else TEXT for name, fitting in found.items()}

    def close(self) -> None:
        """Remove the database."""
        self.database.close()

    def _notes(self) -> Iterator[str]:
        """Notes on the sheet, and on columns that could be read in another way."""
        yield from self.file.notes
        for column in self.columns.values():
            yield from self._doubts(column)
        yield from self._missing_words()

    def _doubts(self, column: Column) -> Iterator[str]:
        one, name = column.type, column.name
        if column.codes:
            what = f"{column.codes} are taken as codes, not as numbers"
            yield f"column '{name}': {what} ({_says(name, 'number')})"
        if isinstance(one, Date) and one.offsets == "utc":
            what = "times with an offset are converted to UTC"
            yield f"column '{name}': {what} ({_says(name, '{date: {offsets: ignore}}')})"
        if isinstance(one, Date) and len(one.formats) > 1:
            yield f"column '{name}': dates are written in {len(one.formats)} formats: {', '.join(one.formats)}"
        if column.rival:
            wanted = "'[.,]'" if isinstance(one, Number) else "'.'"
            found = self.database.rows_where(f"regexp_matches({column.raw}, {wanted})", column.raw, 1)
            cell = shown(found[0][1].strip()) if found else ""
            yield f"column '{name}': {cell} is read {_how(one)} ({_says(name, _as_config(column.rival))})"

    def _missing_words(self) -> Iterator[str]:
        """What stands for missing values, by column."""
        others = [column for column in self.columns.values() if not column.sound and column.kind != "text"]
        columns = [column for column in others if column.stored == TEXT]
        counts = self.database.single([f"count({column.missing_word()})" for column in columns])
        found = []
        for column, count in zip(columns, counts, strict=True):
            if count:
                words = self.database.frequent(column.missing_word(), WORDS)
                listed = ", ".join(f"{shown(word)} in {plural(rows, 'row')}" for word, rows in words)
                found.append(f"'{column.name}' ({listed}{', …' if sum(n for _, n in words) < count else ''})")
        if found:
            more = f", and {len(found) - LISTED} more columns" if len(found) > LISTED else ""
            yield f"taken as missing values: {', '.join(found[:LISTED])}{more} (change it with data.table.types)"

    def _raw(self, name: str) -> str:
        return (
            self.columns[name].raw
            if name in self.columns
            else Column(name, self.database.field(name), self.database.stored[name]).raw
        )

    def _target_cells(self, options: TargetOptions) -> dict[str, np.ndarray]:
        columns = [self.columns[name] for name in self._targets]
        for column in columns:
            if column.kind not in ("text", "boolean", "integer", "number"):
                what = "dates" if column.kind == "date" else f"values of type {self.file.columns[column.name].lower()}"
                message = f"column '{column.name}' holds {what}, which cannot be predicted"
                raise InputError(Problem(message, str(self.file.path), "target"))
        if problems := self._strays(self._own_types(self._targets)):
            raise InputError(*problems)
        found = self.database.fetch({column.name: self._target_cell(column, options) for column in columns})
        if options.drop_missing:
            found = {name: _without_nan(values) for name, values in found.items()}
            present = {name: np.ma.filled(values, 0) for name, values in found.items() if values.dtype.kind == "f"}
            require_values(self.database.place, present, _REMOVE)
        elif not options.separator:
            require_values(self.database.place, found, _REMOVE)
        return found

    def _target_cell(self, column: Column, options: TargetOptions) -> str:
        if options.separator:
            return column.read(TEXT)
        if isinstance(column.type, Integer):
            counts = [f"count({sql})" for sql in (column.cells, column.whole(), column.digits())]
            bounds = [f"{bound}({column.whole()})" for bound in ("min", "max")]
            filled, whole, digits, low, high = self.database.single([*counts, *bounds])
            if whole == filled:
                return column.whole(_smallest(low or 0, high or 0))
            return column.read(TEXT) if digits == filled else column.cells
        alone = len(self._targets) == 1 and options.task in ("auto", "classes")
        if column.kind == "boolean" and column.stored == TEXT and alone:  # classes are called as the file calls them
            return column.read(TEXT)
        return column.cells


def _smallest(low: int, high: int) -> str:
    """The smallest type in SQL that holds integers from `low` to `high`."""
    bits = max(low, high, -1 - low).bit_length() + 1
    types = {8: "TINYINT", 16: "SMALLINT", 32: "INTEGER", 64: "BIGINT"}
    return next(name for size, name in types.items() if bits <= size)


def _without_nan(values: np.ndarray) -> np.ndarray:
    """Masked where a number is none."""
    return np.ma.masked_where(np.isnan(np.ma.filled(values, 0)), values) if values.dtype.kind == "f" else values


def _says(name: str, setting: str) -> str:
    return f"data.table.types: {{{dump_inline(name)}: {setting}}} changes that"


def _how(one: ColumnType | None) -> str:
    """How cells are read, where another way is possible."""
    if isinstance(one, Number):
        return f"with '{one.decimal}' as decimal mark"
    return f"as {' or '.join(one.formats)}" if isinstance(one, Date) else "so"


def _as_config(one: ColumnType) -> str:
    """A type as a config says it."""
    if isinstance(one, Number):
        thousands = f", thousands: '{one.thousands}'" if one.thousands else ""
        return f"{{number: {{decimal: '{one.decimal}'{thousands}}}}}"
    return f"{{date: '{one.formats[0]}'}}" if isinstance(one, Date) else one.yaml_name
