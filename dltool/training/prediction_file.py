"""Predictions written as CSV, JSON lines or Parquet, piece by piece, by duckdb: it has the digits and quotes right.

A file is written beside the one that it becomes, whose name it takes when it is whole; an error leaves nothing behind.
"""

from __future__ import annotations

import csv
import io
import os
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

FORMATS = {".csv": "csv", ".jsonl": "json", ".ndjson": "json", ".parquet": "parquet", ".pq": "parquet"}


class PredictionFile:
    """A file that is there, whole, once the `with` block ends without an error; or CSV on standard output.

    Raises InputError for a name that does not tell the format, RunError where the disk does not take the content.
    """

    def __init__(self, path: Path | None):
        self._name = str(path or "standard output")
        self._path = path and path.resolve()
        self._form = _format_of(path) if path else "csv"
        self._parts = 0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        import duckdb

        with self._stack as stack, self._explained():
            beside = self._path.parent if self._path else None
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".dltool-", dir=beside)))
            self._connection = stack.enter_context(duckdb.connect(config={"autoinstall_known_extensions": "false"}))
            self._run("SET pandas_analyze_sample=0")  # else texts are taken for numbers where the first are missing
            whole = self._folder / "whole"
            self._out = stack.enter_context(whole.open("wb")) if self._path else sys.stdout.buffer
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._stack, self._explained():
            if kind is None:
                self._finish()

    def add(self, columns: Mapping[str, np.ndarray], types: Mapping[str, str]) -> None:
        """Append rows: columns (n,) of numbers, or of texts and None; `types` in SQL are what texts stand for."""
        part = self._folder / f"{self._parts}"
        # numbered, since names that differ in capitals alone are one to duckdb
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
            return f"CAST(CAST({place} AS VARCHAR) AS DOUBLE)"  # else it gets digits that it does not have
        return f"CAST({place} AS {as_type})" if as_type and self._form != "csv" else place

    def _finish(self) -> None:
        """Bring together what lies apart, and put it in its place."""
        if self._form == "parquet":
            together = self._folder / "together"
            parts = ", ".join(query.file(self._folder / f"{number}") for number in range(self._parts))
            # from file to file, a column may have other types
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
            reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
            raise RunError(Problem(f"the predictions cannot be written: {reason}", self._name)) from None


def _format_of(path: Path) -> str:
    if path.suffix not in FORMATS:
        raise InputError(Problem(f"the format is not known; the name must end in {', '.join(FORMATS)}", str(path)))
    if path.exists() and not path.is_file():
        raise InputError(Problem("is not a file that could be replaced", str(path)))
    if not path.parent.is_dir():
        raise InputError(Problem(f"there is no directory '{path.parent}'", str(path)))
    return FORMATS[path.suffix]


def _header(names: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(names)
    return line.getvalue().encode()
