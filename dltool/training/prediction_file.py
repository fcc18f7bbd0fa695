"""Predictions written as CSV, JSON lines or Parquet, piece by piece, by duckdb: it has the digits and quotes right.

A file is written beside the one that it becomes, whose name it takes when it is whole; an error leaves nothing behind.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Self, cast

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
            self._out = cast(IO[bytes], stack.enter_context(whole.open("wb")) if self._path else sys.stdout.buffer)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._stack, self._explained():
            if kind is None:
                self._finish()

    def add(self, columns: Mapping[str, np.ndarray], types: Mapping[str, str]) -> None:
        """Append rows: columns (n,) of numbers, or of texts and None; `types` in SQL are what texts stand for."""
        part = self._folder / f"{self._parts}"
        fields = [self._field(name, values, types.get(name)) for name, values in columns.items()]
        header = f", HEADER {self._parts == 0}" if self._form == "csv" else ""
        with self._explained():
            self._connection.register("piece", dict(columns))
            self._run(
                f"COPY (SELECT {', '.join(fields)} FROM piece) TO {query.text(str(part))} (FORMAT {self._form}{header})"
            )
            self._parts += 1
            if self._form != "parquet":
                self._append(part)

    def _field(self, column: str, values: np.ndarray, as_type: str | None) -> str:
        name = query.name(column)
        if self._form == "json" and values.dtype == np.float32:
            return f"CAST(CAST({name} AS VARCHAR) AS DOUBLE) AS {name}"  # else it gets digits that it does not have
        return f"CAST({name} AS {as_type}) AS {name}" if as_type and self._form != "csv" else name

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
        except BrokenPipeError:
            raise  # whoever reads standard output has had enough
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
