"""Writes predictions as CSV, JSON lines or Parquet, in chunks, with DuckDB, which handles digits and quotes correctly.

The file is written next to its target and renamed when complete; an error leaves nothing behind.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import numpy as np

from dltool.data.tables import query
from dltool.errors import InputError, Problem, RunError
from dltool.training.saving import flush_folder
from dltool.training.writing import require_place

FORMATS = {".csv": "csv", ".jsonl": "json", ".ndjson": "json", ".parquet": "parquet", ".pq": "parquet"}


class PredictionFile:
    """A file that appears when the `with` block ends without an error; or CSV on standard output.

    Raises InputError for an unknown file format, RunError if writing fails.
    """

    def __init__(self, path: Path | None):
        self._name = str(path or "standard output")
        self._path = path and path.resolve()
        self._form = _format_of(path) if path else "csv"
        if path:
            require_place(path)
        self._parts = 0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        import duckdb

        with self._stack as stack, self._explained():
            beside = self._path.parent if self._path else None
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".dltool-", dir=beside)))
            self._connection = stack.enter_context(duckdb.connect(config={"autoinstall_known_extensions": "false"}))
            self._run(
                "SET pandas_analyze_sample=0"
            )  # otherwise DuckDB takes texts for numbers if the first values are missing
            whole = self._folder / "whole"
            self._out = stack.enter_context(whole.open("wb")) if self._path else sys.stdout.buffer
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._stack, self._explained():
            if kind is None:
                self._finish()

    def add(self, columns: Mapping[str, np.ndarray], types: Mapping[str, str]) -> None:
        """Append rows: columns (n,) of numbers, or of texts and None; `types` are the SQL types of text columns."""
        part = self._folder / f"{self._parts}"
        # numbered, since DuckDB ignores case in names
        piece = {f"c{number}": values for number, values in enumerate(columns.values())}
        fields = [
            f"{self._content(place, piece[place], types.get(name))} AS {query.name(name)}"
            for place, name in zip(piece, columns, strict=True)
        ]
        options = f"FORMAT {self._form}" + (", HEADER false" if self._form == "csv" else "")
        with self._explained():
            if self._form == "csv" and not self._parts:
                self._out.write(_header(columns))
            self._connection.register("piece", piece)
            self._run(f"COPY (SELECT {', '.join(fields)} FROM piece) TO {query.text(str(part))} ({options})")
            self._parts += 1
            if self._form != "parquet":
                self._append(part)

    def _content(self, place: str, values: np.ndarray, as_type: str | None) -> str:
        if self._form == "json" and values.dtype == np.float32:
            return f"CAST(CAST({place} AS VARCHAR) AS DOUBLE)"  # otherwise float32 values gain meaningless digits
        # DuckDB would write times with an offset in the time zone of this machine
        plain = self._form == "csv" or (self._form == "json" and as_type == "TIMESTAMP WITH TIME ZONE")
        return place if plain or not as_type else f"CAST({place} AS {as_type})"

    def _finish(self) -> None:
        """Join the parts and move the file to its final name."""
        if self._form == "parquet":
            together = self._folder / "together"
            parts = ", ".join(query.file(self._folder / f"{number}") for number in range(self._parts))
            # the types of a column may differ between parts
            rows = f"FROM read_parquet([{parts}], union_by_name=true)"
            self._run(f"COPY ({rows}) TO {query.text(str(together))} (FORMAT parquet)")
            self._append(together)
        self._out.flush()
        if self._path:
            os.fsync(self._out.fileno())
            os.replace(self._folder / "whole", self._path)
            flush_folder(self._path.parent)

    def _append(self, part: Path) -> None:
        with part.open("rb") as file:
            shutil.copyfileobj(file, self._out, 1 << 20)
        part.unlink()

    def _run(self, sql: str) -> None:
        self._connection.execute(sql).fetchall()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        import duckdb

        try:
            yield
        except (OSError, duckdb.Error) as error:
            number = re.search(r'"errno":"(\d+)"', str(error))  # as duckdb tells it
            code = int(number[1]) if number else getattr(error, "errno", None)
            reason = os.strerror(code) if code else str(error).splitlines()[0]
            raise RunError(Problem(f"the predictions cannot be written: {reason}", self._name)) from None


def _format_of(path: Path) -> str:
    if path.suffix.lower() not in FORMATS:
        raise InputError(Problem(f"unknown format; the name must end in {', '.join(FORMATS)}", str(path)))
    return FORMATS[path.suffix.lower()]


def _header(names: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(names)
    return line.getvalue().encode()
