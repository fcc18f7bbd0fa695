"""Rows of a table given in memory: their cells are read like those of a file, by the types that training has fixed.

Numbers, booleans and dates may be Python's own. Text is read like a cell of a CSV file, so 7 and "7" are the same.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import duckdb
import numpy as np

from dltool.config.columns import clean_name
from dltool.data.column_types.date import Date
from dltool.data.column_types.number import Number
from dltool.data.files.quoting import cut
from dltool.data.preprocessing.preprocessing import Preprocessing
from dltool.data.readers.reader import Raw
from dltool.data.tables.columns import Column, missing_words
from dltool.data.tables.table_file import TEXT
from dltool.errors import InputError, Problem, nearest
from dltool.formatting import plural

#: the cells of each column, all of one length; None where a value is missing
Cells = Mapping[str, list[Any]]

#: unusable cells that are listed
LISTED = 10
_NUMBERS = (float, int)
_BLANKS = " \t\r\n"
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DTYPES = {"BOOLEAN": np.bool_, "TIMESTAMP": "datetime64[us]", TEXT: object}
#: what stands for a missing value in an array of a type
_FILLING = {"BOOLEAN": False, "TIMESTAMP": np.datetime64("NaT"), TEXT: None}


class GivenCells:
    """Reads rows: a list of mappings, or a mapping or data frame of columns; texts alone if the only column is text."""

    def __init__(self, preprocessing: Preprocessing):
        self._columns = {
            name: _GivenColumn(Column(name, "cell", TEXT, preprocessing.types.get(name)), sql_type)
            for name, sql_type in preprocessing.features.types.items()
        }
        texts = [name for name, column in self._columns.items() if column.sql_type == TEXT]
        self._only_text = texts[0] if len(texts) == len(self._columns) == 1 else None

    def read(self, rows: Any, where: str) -> Cells:
        """The cells of all rows; raises InputError that names rows such as "rows[2]", where `where` is "rows"."""
        columns = self._by_column(rows, where)
        names = {name: name for name in columns} if self._columns.keys() <= columns.keys() else _clean(columns)
        if absent := [name for name in self._columns if name not in names]:
            raise InputError(*(Problem(message, where) for message in _without(absent, names)))
        if not len(next(iter(columns.values()))):
            raise InputError(Problem("there are none", where))
        return self._cells({name: columns[names[name]] for name in self._columns}, where)

    def read_complete(self, rows: Sequence[Any], where: str) -> Cells:
        """The cells of rows that are mappings with all columns, quickly; raises InputError for any others."""
        try:
            columns = {name: [row[name] for row in rows] for name in self._columns}
        except (KeyError, TypeError, IndexError):
            raise InputError(Problem("not all of them have all columns", where)) from None
        return self._cells(columns, where)

    def _cells(self, columns: Mapping[str, Sequence[Any]], where: str) -> Cells:
        problems: list[tuple[int, str]] = []
        cells = {name: column.read(columns[name], problems) for name, column in self._columns.items()}
        if problems:
            problems.sort()
            told = [Problem(message, f"{where}[{row}]") for row, message in problems[:LISTED]]
            if (more := len(problems) - LISTED) > 0:
                told.append(Problem(f"{plural(more, 'more cell')} cannot be read", where))
            raise InputError(*told)
        return cells

    def joined(self, parts: Sequence[Cells]) -> Raw:
        """The cells of several reads as one chunk."""
        return {name: column.array([part[name] for part in parts]) for name, column in self._columns.items()}

    def _by_column(self, rows: Any, where: str) -> Mapping[str, Sequence[Any]]:
        if isinstance(rows, Mapping):
            if is_row(rows):
                return self._of_rows([rows], where)
        elif not is_frame(rows):
            return self._of_rows(list(rows), where)
        return columns_of(rows, where)

    def _of_rows(self, rows: Sequence[Any], where: str) -> Mapping[str, Sequence[Any]]:
        if not rows:
            raise InputError(Problem("there are none", where))
        if self._only_text and all(isinstance(row, str) for row in rows):
            return {self._only_text: rows}
        for place, row in enumerate(rows):
            if not isinstance(row, Mapping):
                found = type(row).__name__
                raise InputError(
                    Problem(f"is of type {found}, where columns by name are expected", f"{where}[{place}]")
                )
        if self._columns.keys() <= rows[0].keys():
            return {name: [row.get(name) for row in rows] for name in self._columns}
        names = dict.fromkeys(name for row in rows for name in row)
        return {str(name): [row.get(name) for row in rows] for name in names}


class _GivenColumn:
    """One column: from Python's values to cells of a type in SQL."""

    def __init__(self, column: Column, sql_type: str):
        self.column, self.sql_type = column, sql_type
        self._type = column.type_for(sql_type)
        self._missing = frozenset(("", *missing_words(self._type)))
        self._simple = isinstance(self._type, Number) and self._type.plain
        self._value = {"DOUBLE": _number, "BOOLEAN": _boolean, "TIMESTAMP": _time, TEXT: _text}[sql_type]
        self._connection: duckdb.DuckDBPyConnection | None = None

    def read(self, values: Sequence[Any], problems: list[tuple[int, str]]) -> list[Any]:
        """The cells, or where some cannot be read, their rows and messages in `problems`."""
        if self.sql_type == "DOUBLE" and {*map(type, values)} == {float}:
            return list(values)
        cells: list[Any] = []
        unread: dict[int, str] = {}  # texts that only the database can read
        numbers = self.sql_type == "DOUBLE"
        for row, value in enumerate(values):
            try:
                cell = float(value) if numbers and type(value) in _NUMBERS else self._value(value)
            except (TypeError, ValueError, OverflowError):
                cell = str(value) if self._counts_time(value) else None
                if cell is None:
                    problems.append((row, self.column.stray(self.sql_type, _as_text(value))))
            if type(cell) is str:
                cell = cell.strip(_BLANKS)
                if cell in self._missing:
                    cell = None
                elif self._simple and _PLAIN_NUMBER.fullmatch(cell):
                    cell = float(cell)
                elif self.sql_type != TEXT:
                    unread[row] = cell
            cells.append(cell)
        if unread:
            for (row, text), (cell, bad) in zip(unread.items(), self._from_text(list(unread.values())), strict=True):
                cells[row] = cell
                if bad:
                    problems.append((row, self.column.stray(self.sql_type, text)))
        return cells

    def array(self, parts: Sequence[list[Any]]) -> np.ndarray:
        """Cells (rows,), masked where values are missing; numbers are NaN there."""
        cells = [cell for part in parts for cell in part]
        if self.sql_type == "DOUBLE":
            return np.array(cells, np.float64)
        mask = np.array([cell is None for cell in cells], bool)
        if mask.any():
            cells = [_FILLING[self.sql_type] if cell is None else cell for cell in cells]
        filled = np.empty(len(cells), _DTYPES[self.sql_type])
        filled[:] = cells
        return np.ma.array(filled, mask=mask)

    def _counts_time(self, value: Any) -> bool:
        """Whether a number may be a date: seconds since 1970, or a date in digits alone."""
        return isinstance(self._type, Date) and isinstance(value, int | float) and self._type.formats != ["iso"]

    def _from_text(self, texts: list[str]) -> list[tuple[Any, bool]]:
        """Cells as the database reads texts, and whether it cannot."""
        if self._connection is None:
            self._connection = duckdb.connect()
        bad = self.column.unreadable(self.sql_type) or "false"
        sql = f"SELECT {self.column.read(self.sql_type)}, {bad} FROM (SELECT unnest($1::VARCHAR[]) AS cell)"
        return self._connection.execute(sql, [texts]).fetchall()


def _without(absent: Sequence[str], names: Collection[str]) -> Iterator[str]:
    """Messages about columns that rows do not have, the first ones each with the nearest name that they have."""
    for name in absent[:LISTED]:
        near = nearest(name, names)
        yield f"no column '{name}'; " + (f"did you mean '{near}'?" if near else f"there is {_some(names)}")
    if len(absent) > LISTED:
        yield f"{plural(len(absent) - LISTED, 'more column')} missing: {_some(absent[LISTED:])}"


def _some(names: Collection[str]) -> str:
    shown = [f"'{cut(name)}'" for name in islice(names, LISTED)]
    return ", ".join([*shown, *(["…"] if len(names) > LISTED else [])]) or "none at all"


def _is_list(cells: Any) -> bool:
    return hasattr(cells, "__len__") and not isinstance(cells, str | bytes)


def _clean(columns: Mapping[str, Any]) -> dict[str, str]:
    """The names of columns as files are read, and as they are given."""
    return {clean_name(name): name for name in columns}


def is_row(rows: Mapping[str, Any]) -> bool:
    """Whether a mapping is a single row, rather than lists by column."""
    return not any(map(_is_list, rows.values()))


def is_frame(rows: Any) -> bool:
    """Whether rows are a data frame, of pandas or polars."""
    return hasattr(rows, "columns") and hasattr(rows, "__getitem__")


def columns_of(rows: Any, where: str) -> Mapping[str, Sequence[Any]]:
    """The columns of a mapping or a data frame as Python's values; raises InputError unless all are of one length."""
    columns = {str(name): rows[name] for name in getattr(rows, "columns", rows)}
    if single := [name for name, cells in columns.items() if not _is_list(cells)]:
        message = f"column '{single[0]}' is not a list; several rows are a list of mappings, or a mapping of lists"
        raise InputError(Problem(message, where))
    lengths = {name: len(cells) for name, cells in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"'{name}' {length}" for name, length in list(lengths.items())[:LISTED])
        raise InputError(Problem(f"columns have different lengths: {told}", where))
    return {name: values_of(cells) for name, cells in columns.items()}


def values_of(cells: Any) -> Sequence[Any]:
    """The cells of one column as Python's values."""
    return cells.tolist() if hasattr(cells, "tolist") else list(cells)


def _as_text(value: Any) -> str:
    """A value for a message; Python refuses to write very long integers."""
    try:
        return str(value)
    except ValueError:
        return "a number of thousands of digits"


def is_missing(value: Any) -> bool:
    """Whether a value stands for none: None, NaN, NaT, or pandas' NA, none of which equals itself."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # pandas refuses to compare its NA
        return True
    except ValueError:  # an array
        return False


def _number(value: Any) -> float | str | None:
    if isinstance(value, str):
        return value
    if is_missing(value):
        return None
    if isinstance(value, bytes | dt.date | dt.time | dt.timedelta):
        raise TypeError
    return float(value)


def _boolean(value: Any) -> bool | str | None:
    if isinstance(value, str | bool):
        return value
    if is_missing(value):
        return None
    if value in (0, 1):
        return bool(value)
    raise TypeError


def _time(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if is_missing(value):
        return None
    if isinstance(value, dt.datetime):
        aware = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
        return np.datetime64(aware.isoformat(), "us")
    if isinstance(value, dt.date):
        return np.datetime64(value, "us")
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[us]")
    if isinstance(value, dt.time):
        return np.datetime64(f"1970-01-01T{value.isoformat()}", "us")
    raise TypeError


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if is_missing(value):
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, Mapping | list | tuple | bytes | np.ndarray):
        raise TypeError
    return str(value).removesuffix(".0") if isinstance(value, float | np.floating) else str(value)
