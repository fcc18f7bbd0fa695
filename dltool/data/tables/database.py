"""A table taken into a database of its own: in memory while it is small, else in a temporary file.

Row numbers are those of the table's file, so that any rows can be read again, in order, without a second look at it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from dltool.caching import working_folder
from dltool.data.gzipped import is_gzipped
from dltool.data.tables import query
from dltool.data.tables.explanation import MisfitError
from dltool.data.tables.table_file import TableFile, alike

#: bytes of files above which a table goes to disk
SMALL = 64 << 20
#: how many times as large a table may be as its file is, where that is compressed
PACKED = 16
#: bytes that duckdb needs on each thread to read a file into a table on disk, and for each of its columns
THREAD_MEMORY = 64 << 20
COLUMN_MEMORY = 2 << 20
#: cells that are read at a time
CHUNK_CELLS = 1 << 21


class Database:
    """The columns of some files, one below the other."""

    def __init__(
        self,
        files: Sequence[TableFile],
        columns: Sequence[str],
        missing: Sequence[str],
        verbatim: Sequence[str] = (),
        memory: int | None = None,
        limit: int | None = None,
    ):
        """Takes no more than `memory` bytes, about, where a table goes to disk, unless its columns are very many.

        With a `limit`, only so many rows of each file.
        """
        self._files, self._path = alike(files), files[0].path
        self._stack = ExitStack()
        self._ends: list[int] = []  # of each file, the row after its last
        try:
            place = self._place()
            if place and memory:
                memory = max(memory, query.threads() * (THREAD_MEMORY + COLUMN_MEMORY * len([*columns, *verbatim])))
            self._connection = self._stack.enter_context(query.connected(self._path, place, memory if place else None))
            end = f" LIMIT {limit}" if limit else ""
            self._fill(columns, lambda file: file.selection(columns, missing, verbatim) + end)
        except BaseException:
            self._stack.close()
            raise

    @property
    def file(self) -> TableFile:
        """The first of the files, with the types that its columns were found to have."""
        return self._files[0]

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

    def single(self, expressions: Sequence[str], rows: int | None = None) -> tuple[Any, ...]:
        """Aggregates in SQL over all rows, or the first so many."""
        first = "" if rows is None else f" WHERE rowid < {rows}"
        with query.explained(self._path):
            return self._connection.execute(f"SELECT {', '.join(expressions)} FROM data{first}").fetchall()[0]

    def first(self, condition: str, expression: str) -> tuple[int, Any] | None:
        """The first row that meets a condition in SQL, and an expression for it; None where there is none."""
        sql = f"SELECT rowid, {expression} FROM data WHERE {condition} ORDER BY rowid LIMIT 1"
        with query.explained(self._path):
            return self._connection.execute(sql).fetchone()

    def fetch(self, fields: Mapping[str, str], low: int = 0, high: int | None = None) -> dict[str, np.ndarray]:
        """Expressions in SQL by name, for the rows from `low` to before `high`; masked where values are missing."""
        listed = ", ".join(f"{sql} AS {query.name(name)}" for name, sql in fields.items())
        limits = f" WHERE rowid >= {low}" + (f" AND rowid < {high}" if high is not None else "")
        with query.explained(self._path):
            return self._connection.execute(f"SELECT {listed} FROM data{limits} ORDER BY rowid").fetchnumpy()

    def pick(self, fields: Mapping[str, str], rows: Collection[int]) -> list[dict[str, Any]]:
        """The same for single rows, in their order; None where a value is missing."""
        listed = ", ".join(["rowid", *fields.values()])
        with query.explained(self._path):
            sql = f"SELECT {listed} FROM data WHERE rowid IN ({', '.join(map(str, rows))})"
            found = {row: cells for row, *cells in self._connection.execute(sql).fetchall()}
        return [dict(zip(fields, found[row], strict=True)) for row in rows]

    def sample(self, fields: Mapping[str, str], rows: int) -> dict[str, np.ndarray]:
        """The same for about so many rows, evenly spaced."""
        listed = ", ".join(f"{sql} AS {query.name(name)}" for name, sql in fields.items())
        step = max(1, self.rows // max(1, rows))
        with query.explained(self._path):
            sql = f"SELECT {listed} FROM data WHERE rowid % {step} = 0 ORDER BY rowid"
            return self._connection.execute(sql).fetchnumpy()

    def frequent(self, expression: str, count: int | None) -> list[tuple[Any, int]]:
        """So many of the most frequent values of an expression in SQL, or all, and their numbers of rows."""
        grouped = f"SELECT {expression}, count(*) FROM data WHERE {expression} IS NOT NULL GROUP BY 1"
        with query.explained(self._path):
            end = "" if count is None else f" LIMIT {count}"
            return self._connection.execute(f"{grouped} ORDER BY 2 DESC, 1{end}").fetchall()

    def falls(self, expression: str) -> bool:
        """Whether an expression in SQL is ever smaller than in the row before."""
        with query.explained(self._path):
            pairs = f"SELECT {expression} AS value, lag({expression}) OVER (ORDER BY rowid) AS before FROM data"
            ((falls,),) = self._connection.execute(f"SELECT bool_or(value < before) FROM ({pairs})").fetchall()
            return bool(falls)

    def chunks(self, fields: Mapping[str, str]) -> Iterator[dict[str, np.ndarray]]:
        """The same for all rows, some at a time."""
        step = max(1, CHUNK_CELLS // max(1, len(fields)))
        for low in range(0, self.rows, step):
            yield self.fetch(fields, low, low + step)

    def close(self) -> None:
        """Remove the database."""
        self._stack.close()

    def _fill(self, columns: Sequence[str], selection: Callable[[TableFile], str]) -> None:
        """Takes the files in; a column with a cell that is not of the type of its first rows is taken in as text."""
        misfits = 0
        while True:
            try:
                return self._take_in(selection)
            except MisfitError as misfit:
                misfits += 1
                # a second one is the last: reading a large file once for each of its columns would take long
                wrong = [column for column in columns if column == misfit.column] if misfits == 1 else []
                texts = {name: "VARCHAR" for name in wrong or columns if self.file.kind(name) not in ("text", "other")}
                if not texts:
                    raise
                self._files = [file.with_types(texts) for file in self._files]

    def _take_in(self, selection: Callable[[TableFile], str]) -> None:
        self._ends = []
        for file in self._files:
            verb = "INSERT INTO data" if self._ends else "CREATE OR REPLACE TABLE data AS"
            with query.explained(file.path):
                self._connection.execute(f"{verb} {selection(file)}")
            self._ends.append(self.single(["count(*)"])[0])

    def _place(self) -> Path | None:
        """Where the database lies; None in memory."""
        if sum(file.path.stat().st_size * (PACKED if _is_packed(file) else 1) for file in self._files) < SMALL:
            return None
        try:
            folder = self._stack.enter_context(working_folder("table"))
        except OSError:  # a cache that may not be written to
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="dltool-")))
        return folder / "table.duckdb"


def _is_packed(file: TableFile) -> bool:
    """Whether a file holds more than its size tells."""
    return not file.guessed or is_gzipped(file.path)
