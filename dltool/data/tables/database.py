"""A table in a temporary database: in memory if it is small, else in a file.

Row numbers are those of the table's file, so that any rows can be read again, in order, without a second look at it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dltool.caching import working_folder
from dltool.data.files.gzipped import is_gzipped
from dltool.data.tables import query
from dltool.data.tables.explanation import MisfitError
from dltool.data.tables.long_form import MOST_CELLS, LongForm
from dltool.data.tables.table_file import TEXT, TableFile, common_types, field_names

#: bytes of files above which a table goes to disk
SMALL = 64 << 20
#: how many times as large a table may be as its file is, where that is compressed
PACKED = 16
#: bytes that duckdb needs on each thread to read a file into a table on disk, and for each of its columns
THREAD_MEMORY = 64 << 20
COLUMN_MEMORY = 2 << 20
#: cells that are read at a time
CHUNK_CELLS = 1 << 21
#: expressions of one query
TOGETHER = 128
T = TypeVar("T")


class Database:
    """Columns of some files, one below the other, each stored as one type in SQL."""

    def __init__(
        self,
        files: Sequence[TableFile],
        columns: Mapping[str, str],
        memory: int | None = None,
        limit: int | None = None,
    ):
        """`columns` are stored as these types where files write them as text, else as the types that they have there.

        Takes no more than `memory` bytes, about, where a table goes to disk, unless its columns are very many. With a
        `limit`, only that number of rows of each file.
        """
        self._files, self._path = files, files[0].path
        self._stack = ExitStack()
        self._ends: list[int] = []  # of each file, the row after its last
        self._long: LongForm | None = None
        known = common_types(files)
        self.stored = {name: wanted if known[name] == TEXT else known[name] for name, wanted in columns.items()}
        self._fields = dict(zip(columns, field_names(len(columns)), strict=True))
        try:
            place = self._place()
            if place and memory:
                memory = max(memory, query.threads() * (THREAD_MEMORY + COLUMN_MEMORY * len(columns)))
            self._connection = self._stack.enter_context(query.connected(self._path, place, memory if place else None))
            self._fill(f" LIMIT {limit}" if limit else "")
        except BaseException:
            self._stack.close()
            raise

    @property
    def file(self) -> TableFile:
        """The first of the files."""
        return self._files[0]

    def field(self, column: str) -> str:
        """A column in SQL."""
        return self._fields[column]

    @property
    def rows(self) -> int:
        """Of all files."""
        return self._ends[-1]

    def place(self, row: int) -> str:
        """The file and the line of a row, from 0, for messages."""
        return self.places([row])[row]

    def places(self, rows: Collection[int]) -> dict[int, str]:
        """The same for several rows, with one look at each file."""
        found = {}
        for which, file in enumerate(self._files):
            before = self._ends[which - 1] if which else 0
            own = [row for row in rows if before <= row < self._ends[which]]
            found |= dict(zip(own, file.places([row - before for row in own]), strict=True)) if own else {}
        return found

    def single(self, expressions: Sequence[str]) -> list[Any]:
        """Aggregates in SQL over all rows."""
        with query.explained(self._path):
            long = self._long_form(len(expressions))
            found = long.single(dict(enumerate(expressions))) if long else {}
            for some in _blocks([place for place in range(len(expressions)) if place not in found]):
                listed = ", ".join(expressions[place] for place in some)
                found |= zip(some, self._connection.execute(f"SELECT {listed} FROM data").fetchall()[0], strict=True)
        return [found[place] for place in range(len(expressions))]

    def rows_where(self, condition: str, expression: str, count: int) -> list[tuple[int, Any]]:
        """The first rows that meet a condition in SQL, and an expression for each."""
        sql = f"SELECT rowid, {expression} FROM data WHERE {condition} ORDER BY rowid LIMIT {count}"
        with query.explained(self._path):
            return self._connection.execute(sql).fetchall()

    def fetch(self, fields: Mapping[str, str], low: int = 0, high: int | None = None) -> dict[str, np.ndarray]:
        """Expressions in SQL by name, for the rows from `low` to before `high`; masked where values are missing."""
        high, step = self.rows if high is None else min(high, self.rows), self._step(len(fields))
        bounds = [*range(low, high, step), high]  # in pieces, since duckdb takes several times the room of its result
        pieces = [self._arrays(fields, f"rowid >= {a} AND rowid < {b}") for a, b in pairwise(bounds)]
        if len(pieces) < 2:
            return pieces[0] if pieces else self._arrays(fields, "false")
        return {name: _joined([piece.pop(name) for piece in pieces]) for name in fields}

    def sample(self, fields: Mapping[str, str], rows: int) -> dict[str, np.ndarray]:
        """The same for about `rows` evenly spaced rows."""
        return self._arrays(fields, f"rowid % {max(1, self.rows // max(1, rows))} = 0")

    def cells_at(self, fields: Mapping[str, str], rows: Collection[int]) -> list[dict[str, Any]]:
        """The same for single rows, in their order; None where a value is missing."""
        picked: list[dict[str, Any]] = [{} for _ in rows]
        with query.explained(self._path):
            for some in _blocks(list(fields)):
                listed = ", ".join(["rowid", *(fields[name] for name in some)])
                sql = f"SELECT {listed} FROM data WHERE rowid IN ({', '.join(map(str, rows))})"
                found = {row: cells for row, *cells in self._connection.execute(sql).fetchall()}
                for cells, row in zip(picked, rows, strict=True):
                    cells |= dict(zip(some, found[row], strict=True))
        return picked

    def frequent(self, expression: str, count: int | None) -> list[tuple[Any, int]]:
        """The `count` most frequent values of an SQL expression, or all, with their numbers of rows."""
        grouped = f"SELECT {expression}, count(*) FROM data WHERE {expression} IS NOT NULL GROUP BY 1"
        with query.explained(self._path):
            end = "" if count is None else f" LIMIT {count}"
            return self._connection.execute(f"{grouped} ORDER BY 2 DESC, 1{end}").fetchall()

    def frequent_of(self, expressions: Mapping[str, str], count: int) -> dict[str, list[tuple[Any, int]]]:
        """The same for several expressions by name."""
        with query.explained(self._path):
            long = self._long_form(len(expressions))
            found = long.frequent(expressions, count) if long else {}
        return {name: found[name] if name in found else self.frequent(sql, count) for name, sql in expressions.items()}

    def decreases(self, expression: str) -> bool:
        """Whether an expression in SQL is ever smaller than in the row before."""
        with query.explained(self._path):
            pairs = f"SELECT {expression} AS value, lag({expression}) OVER (ORDER BY rowid) AS before FROM data"
            ((decreases,),) = self._connection.execute(f"SELECT bool_or(value < before) FROM ({pairs})").fetchall()
            return bool(decreases)

    def chunks(self, fields: Mapping[str, str]) -> Iterator[dict[str, np.ndarray]]:
        """The same for all rows, some at a time."""
        step = self._step(len(fields))
        for low in range(0, self.rows, step):
            yield self.fetch(fields, low, low + step)

    @staticmethod
    def _step(fields: int) -> int:
        """How many rows are read at a time."""
        return max(1, CHUNK_CELLS // max(1, fields))

    def _arrays(self, fields: Mapping[str, str], condition: str) -> dict[str, np.ndarray]:
        with query.explained(self._path):
            long = self._long_form(len(fields))
            found: dict[str, np.ndarray] = long.arrays(fields, condition) if long else {}
            for some in _blocks([name for name in fields if name not in found]):
                # numbered, since names that differ in capitals alone are one to duckdb
                listed = ", ".join(f"{fields[name]} AS f{place}" for place, name in enumerate(some))
                sql = f"SELECT {listed} FROM data WHERE {condition} ORDER BY rowid"
                arrays = self._connection.execute(sql).fetchnumpy()
                found |= {name: arrays[f"f{place}"] for place, name in enumerate(some)}
        return found

    def _long_form(self, columns: int) -> LongForm | None:
        """The long form, for queries over `columns` columns; None for few columns or too many cells.

        Created when it is first needed.
        """
        places = [place for place, sql_type in enumerate(self.stored.values()) if sql_type == TEXT]
        if columns < TOGETHER or not 0 < self.rows * len(places) <= MOST_CELLS:
            return None
        if self._long is None:
            self._long = LongForm(self._connection, places)
        return self._long

    def close(self) -> None:
        """Remove the database."""
        self._stack.close()

    def _fill(self, end: str) -> None:
        """Takes the files in; columns with a cell that is not of the type that they were to be stored as, as text."""
        while misfits := self._take_in(end):
            self.stored |= dict.fromkeys(misfits, TEXT)

    def _take_in(self, end: str) -> Sequence[str]:
        """Columns that must be stored as text, after which nothing is taken in."""
        self._ends = []
        fields = ", ".join(f"{field} {self.stored[name]}" for name, field in self._fields.items())
        with query.explained(self._path):
            self._connection.execute(f"CREATE OR REPLACE TABLE data ({fields})")
        for file in self._files:
            try:
                with query.explained(file.path):
                    self._connection.execute(f"INSERT INTO data {file.selection(self.stored)}{end}")
            except MisfitError as misfit:
                others = [name for name, sql_type in self.stored.items() if sql_type != TEXT]
                names = dict(zip(field_names(len(file.columns)), file.columns, strict=True))
                wrong = [names[misfit.field]] if misfit.field in names else others
                if not file.as_text or not {*wrong} & {*others}:
                    raise
                return wrong
            ((rows,),) = self._connection.execute("SELECT count(*) FROM data").fetchall()
            self._ends.append(rows)
        return []

    def _place(self) -> Path | None:
        """Where the database lies; None in memory."""
        if sum(file.path.stat().st_size * (PACKED if _is_packed(file) else 1) for file in self._files) < SMALL:
            return None
        try:
            folder = self._stack.enter_context(working_folder("table"))
        except OSError:  # a cache that may not be written to
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="dltool-")))
        return folder / "table.duckdb"


def _joined(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """One array, masked if any of its pieces is."""
    masked = any(isinstance(piece, np.ma.MaskedArray) for piece in pieces)
    return np.ma.concatenate(pieces) if masked else np.concatenate(pieces)


def _is_packed(file: TableFile) -> bool:
    """Whether a file holds more than its size tells."""
    return not file.as_text or is_gzipped(file.path)


def _blocks(expressions: Sequence[T]) -> Iterator[Sequence[T]]:
    """A query of more expressions than these takes time and memory out of proportion."""
    for low in range(0, len(expressions), TOGETHER):
        yield expressions[low : low + TOGETHER]
