"""How the text of a table must be read, where that does not go without saying."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from dltool.data.gzipped import is_gzipped
from dltool.data.paths import locate_all
from dltool.data.tables import query
from dltool.data.tables.columns import TYPES, Column, find_columns
from dltool.data.tables.csv_file import CsvFile
from dltool.data.tables.database import Database
from dltool.data.tables.dialect import Dialect
from dltool.data.tables.formats import open_table
from dltool.data.tables.profile import ColumnProfile, profile
from dltool.data.tables.table_file import TableFile
from dltool.errors import InputError
from dltool.proposal.entry import Entry

#: lines before the table that are left out at most
MOST_SKIPPED = 5
#: bytes in which the encoding of a text shows
LOOKED_AT = 64 << 20
#: rows that are looked at; the sizes of parts go by all
MOST_ROWS = 1_000_000
#: words among the numbers or dates of a column that can stand for missing ones, and in how many rows
STRAY_WORDS, STRAY_SHARE = 3, 0.2


@dataclass(frozen=True)
class Look:
    """A table that is open, what its columns hold, and what the config must say for it to be read so."""

    path: str
    file: TableFile  # the first of several
    rows: int  # of all files; the database may hold the first of them only
    database: Database
    columns: dict[str, Column]
    profiles: dict[str, ColumnProfile]
    entries: list[Entry] = field(default_factory=list)


@contextmanager
def looked_at(path: str) -> Iterator[Look]:
    """The table at a path, or in several files; raises InputError where it cannot be read."""
    paths = locate_all(path, [], "")
    dialect, entries = _dialect(paths[0])
    files = [open_table(each, dialect) for each in paths]
    with ExitStack() as stack:
        database = stack.enter_context(_opened(files, dialect))
        columns = find_columns(database, list(files[0].columns))
        if words := _stray_words(database, columns):
            entries.append(
                Entry("missing", [*dialect.missing, *words], f"words among numbers or dates: {', '.join(words)}")
            )
            stack.close()
            database = stack.enter_context(_opened(files, replace(dialect, missing=(*dialect.missing, *words))))
            columns = find_columns(database, list(files[0].columns))
        rows = database.rows if database.rows < MOST_ROWS else sum(_count(file) for file in files)
        yield Look(path, files[0], rows, database, columns, profile(database, columns), entries)


@contextmanager
def _opened(files: list[TableFile], dialect: Dialect) -> Iterator[Database]:
    database = Database(files, list(files[0].columns), dialect.missing, limit=MOST_ROWS)
    try:
        yield database
    finally:
        database.close()


def _dialect(path: Path) -> tuple[Dialect, list[Entry]]:
    """How a file must be read, and the lines of the config that say so."""
    dialect, entries = Dialect(encoding=_encoding(path)), []
    if dialect.encoding != "utf-8":
        entries.append(Entry("encoding", dialect.encoding))
    dialect = _without_preface(path, dialect)
    if dialect.skip:
        lines = "the first line has" if dialect.skip == 1 else f"the first {dialect.skip} lines have"
        entries.append(Entry("skip", dialect.skip, f"{lines} another number of fields than all others"))
    file = open_table(path, dialect)
    if isinstance(file, CsvFile):
        if file.dialect.header and _names_are_data(file, dialect):
            dialect = replace(dialect, header=False)
            file = open_table(path, dialect)
        if isinstance(file, CsvFile) and not file.dialect.header:
            names = list(file.columns)
            reason = f"no line with names: columns are called {names[0]}{f' … {names[-1]}' if len(names) > 1 else ''}"
            entries.append(Entry("header", False, reason))
    return dialect, entries


def _encoding(path: Path) -> str:
    with gzip.open(path) if is_gzipped(path) else path.open("rb") as file:
        try:
            start = file.read(LOOKED_AT)
        except (OSError, EOFError):
            return "utf-8"  # opening the table tells what is wrong
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(b"PAR1"):
        return "utf-8"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _without_preface(path: Path, dialect: Dialect) -> Dialect:
    """Leaves out first lines that have another number of fields; raises the first error where that does not help."""
    first: InputError | None = None
    for skip in range(MOST_SKIPPED + 1):
        try:
            open_table(path, replace(dialect, skip=skip))
        except InputError as error:
            first = first or error
            if error.problems[0].where not in (f"{path}:{skip + 1}", f"{path}:1"):
                break
        else:
            return replace(dialect, skip=skip)
    assert first
    raise first


def _names_are_data(file: CsvFile, dialect: Dialect) -> bool:
    """Whether what was taken for names is a row: all is text, and one of its words stands again in the same column."""
    if any(file.kind(name) != "text" for name in file.columns):
        return False  # a word above numbers is a name
    with _opened([file], dialect) as database:
        again = [f"count(*) FILTER ({query.name(name)} = {query.text(name)})" for name in file.columns]
        return max(database.single(again)) > 1


def _stray_words(database: Database, columns: dict[str, Column]) -> list[str]:
    """What stands in place of numbers in columns that otherwise hold such, in few words."""
    found: dict[str, None] = {}
    for column in columns.values():
        if column.mixed:
            stray = f"CASE WHEN {column.unreadable(TYPES[column.mixed.kind])} THEN {column.cells} END"
            words = database.frequent(stray, STRAY_WORDS + 1)
            if len(words) <= STRAY_WORDS and sum(count for _, count in words) <= STRAY_SHARE * database.rows:
                found |= dict.fromkeys(word for word, _ in words)
    return list(found)


def _count(file: TableFile) -> int:
    ((rows,),) = query.fetch_rows(file.path, f"SELECT count(*) FROM {file.scan({})}")
    return rows
