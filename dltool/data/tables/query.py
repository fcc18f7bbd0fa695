"""Access to duckdb: queries over a file, whose errors become one line about the file."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dltool.data.files.gzipped import is_gzipped
from dltool.data.tables.explanation import explanation

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

    `memory` limits queries in bytes; without it they may take most of the machine's memory.
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
        raise explanation(path, str(error)) from None
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from None
        raise
