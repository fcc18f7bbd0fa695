"""The one door to duckdb: a query over a file gives rows or arrays, and its errors become one line about the file."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dltool.data.gzipped import is_gzipped
from dltool.data.quoting import plural, shown
from dltool.data.tables.json_text import broken_line
from dltool.errors import InputError, Problem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: threads of queries whose memory is limited: each takes its share
THREADS = 4


def threads() -> int:
    """Threads of queries whose memory is limited."""
    return min(THREADS, len(os.sched_getaffinity(0)))


def fetch_rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query over the file at `path`."""
    with connected(path) as connection:
        return connection.execute(sql).fetchall()


def fetch_arrays(path: Path, sql: str) -> dict[str, np.ndarray]:
    """The columns of a query over the file at `path`, by name; masked arrays where values are missing."""
    with connected(path) as connection:
        return connection.execute(sql).fetchnumpy()


def name(column: str) -> str:
    """A column's name in SQL."""
    return '"' + column.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"


def mapping(texts: Mapping[str, str]) -> str:
    """Texts by name in SQL, such as the types of columns."""
    return "{" + ", ".join(f"{text(key)}: {text(value)}" for key, value in texts.items()) + "}"


def file(path: Path) -> str:
    """A file in SQL, in whose name '*' is a character like any other."""
    return text(glob.escape(str(path)))


def zipped_file(path: Path) -> str:
    """A file that may be gzipped, as the first arguments of a table function."""
    return f"{file(path)}, compression='{'gzip' if is_gzipped(path) else 'uncompressed'}'"


@contextmanager
def connected(path: Path, database: Path | None = None, memory: int | None = None) -> Iterator[DuckDBPyConnection]:
    """A connection for queries over the file at `path`, to a database in memory or in a file.

    Without a limit of so many bytes of `memory`, queries take most of what the machine has.
    """
    import duckdb

    # everything needed is built in; nothing may be fetched from the network
    settings: dict[str, Any] = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    if memory:
        settings |= {"memory_limit": f"{memory >> 20}MiB", "threads": threads()}
    with explained(path), duckdb.connect(str(database or ":memory:"), config=settings) as connection:
        yield connection


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Errors of duckdb become one line about the file at `path`; an interrupt stays one."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise InputError(_problem(path, str(error))) from None
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise


def _problem(path: Path, message: str) -> Problem:
    """What duckdb says about a file, in one line."""
    line = re.search(r"CSV Error on Line: (\d+)", message)
    where = f"{path}:{line[1]}" if line else str(path)
    if found := re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message):
        return Problem(f"{plural(int(found[2]), 'field')}, expected {found[1]}", where)
    if found := re.search(r'converting column "(.*?)"\. Could not convert string "(.*?)"? to \'', message, re.DOTALL):
        return Problem(f"column '{found[1]}' holds {shown(found[2])}, where a number is expected", where)
    if "No space left on device" in message:
        advice = "make room, or set XDG_CACHE_HOME to a folder on a larger disk"
        return Problem(f"the disk has no room for a temporary copy of it; {advice}", str(path))
    if "unterminated quote" in message:
        return Problem(
            "a quoted field begins here and never ends; if quotes mean nothing in this file, say so: quote: ''", where
        )
    if "unicode" in message.lower() or "utf-8" in message:
        return Problem("not UTF-8 text; if it is Latin-1, say so: encoding: latin-1", where)
    if "Malformed JSON" in message:
        number = broken_line(path)  # the line that duckdb gives is not always right
        return Problem("not valid JSON", f"{path}:{number}" if number else str(path))
    if "GZIP" in message:
        return Problem("a damaged gzip file, or one that was cut short", where)
    reason = re.sub(r"^[\w ]+ Error: (CSV Error on Line: \d+\s*)?", "", message).split("\n")[0].strip()
    return Problem(f"cannot be read as a table: {reason}", where)
