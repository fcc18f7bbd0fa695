"""How the text of a table must be read, as far as the defaults are not right."""

from __future__ import annotations

import codecs
import gzip
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from dltool.config.writing import dump_inline
from dltool.data.column_types.column_type import MISSING, ColumnType
from dltool.data.column_types.date import Date
from dltool.data.column_types.number import Number
from dltool.data.column_types.text import Text
from dltool.data.files.gzipped import is_gzipped
from dltool.data.files.paths import locate_all
from dltool.data.files.quoting import shown
from dltool.data.tables import query
from dltool.data.tables.columns import Column
from dltool.data.tables.csv_file import CsvFile, UnevenError
from dltool.data.tables.database import Database
from dltool.data.tables.dialect import Dialect
from dltool.data.tables.formats import ZIP, open_table
from dltool.data.tables.profile import LARGEST, ColumnProfile, profile
from dltool.data.tables.recognition import find_columns, storage
from dltool.data.tables.table_file import TEXT, TableFile
from dltool.data.tables.workbook import WorkbookFile
from dltool.errors import InputError, Problem
from dltool.findings import Finding, note, warning
from dltool.formatting import plural
from dltool.proposal.digits import possible_dates
from dltool.proposal.entry import Entry
from dltool.proposal.target import makes_classes

#: cells that an error lists
LISTED = 10
#: most lines to skip before the table
MOST_SKIPPED = 5
#: bytes to look at to find the encoding of a text
LOOKED_AT = 64 << 20
#: rows to look at; the sizes of parts depend on all rows
MOST_ROWS = 1_000_000
#: most columns to look at: more take minutes
MOST_COLUMNS = 20_000
#: most different words for missing values in a column of numbers or dates, and the largest share of rows with them
STRAY_WORDS, STRAY_SHARE = 3, 0.2
LONGEST_WORD = 40
#: numbers that are infinite, or too large for float32
INFINITE = r"(?i)[-+]?(inf(inity)?|[0-9.]+e\+?[0-9]{2,}|[0-9]{39,}.*)"


@dataclass(frozen=True)
class Look:
    """An open table, profiles of its columns, and how the config must describe it."""

    path: str
    file: TableFile  # the first of several
    rows: int  # of all files; the database may hold the first of them only
    database: Database
    columns: dict[str, Column]
    profiles: dict[str, ColumnProfile]
    division: list[Entry]  # how the text is divided into cells

    @property
    def entries(self) -> list[Entry]:
        """Config entries that describe how the table is read."""
        types = [entry for column in self.columns.values() if (entry := _type_entry(column))]
        return [*self.division, *([Entry("types", types)] if types else [])]

    def doubts(self, names: Collection[str]) -> list[Finding]:
        """Notes and warnings about how the cells of these columns are read."""
        return [finding for name in names for finding in _doubts(self.columns[name], self.database)]

    @property
    def findings(self) -> list[Finding]:
        """Those of all columns, and on numbers that may be dates."""
        return [*self.doubts(self.columns), *possible_dates(self.database, self.columns, self.profiles)]

    def with_words(self, names: Collection[str]) -> Look:
        """The same look, with columns as text in which words stand for missing numbers or dates."""
        stray = [name for name in names if _has_stray_words(self.columns[name])]
        texts = {name: replace(self.columns[name], type=Text()) for name in stray}
        profiles = {**self.profiles, **profile(self.database, texts)}
        return replace(self, columns={**self.columns, **texts}, profiles=profiles)

    def require_numbers(self, names: Collection[str]) -> None:
        """Raises InputError with the first words in targets of mostly numbers that have too many words for classes."""
        problems = []
        for column in (self.columns[name] for name in names if name in self.columns):
            if column.mixed and not makes_classes(self.profiles[column.name]):
                stray = column.unreadable(column.mixed.sql_type) or "false"
                rows = self.database.rows_where(stray, column.raw, LISTED)
                places = self.database.places([row for row, _ in rows])
                noun = column.mixed.noun
                what = f"column '{column.name}' holds {{}}, where most cells are {noun.partition(' ')[2]}s; correct it"
                problems += [Problem(what.format(shown(cell)), places[row]) for row, cell in rows]
        if problems:
            raise InputError(*problems)


@contextmanager
def looked_at(path: str) -> Iterator[Look]:
    """The table at a path, or in several files; raises InputError where it cannot be read."""
    paths = locate_all(path, [], "")
    dialect, entries = _dialect(paths[0])
    files = [open_table(each, dialect) for each in paths]
    names = list(files[0].columns)
    if len(names) > MOST_COLUMNS:
        hint = "write the config by hand: data: {table: {path: …, target: …}, features: {'*': numeric}}"
        raise InputError(Problem(f"{len(names):,} columns are more than the limit of {MOST_COLUMNS:,}; {hint}", path))
    with closing(Database(files, storage(files, names, {}, {}), limit=MOST_ROWS)) as database:
        columns = find_columns(database, names, {}, {})
        strays = {name: one for name, column in columns.items() if (one := _with_stray_words(database, column))}
        columns |= find_columns(database, list(strays), strays, {})
        columns |= _without_infinite(database, columns)
        rows = database.rows if database.rows < MOST_ROWS else sum(_count(file) for file in files)
        yield Look(path, files[0], rows, database, columns, profile(database, columns), entries)


def _dialect(path: Path) -> tuple[Dialect, list[Entry]]:
    """How a file must be read, and the config entries for it."""
    dialect, entries = Dialect(encoding=_encoding(path)), []
    if dialect.encoding != "utf-8":
        entries.append(Entry("encoding", dialect.encoding))
    dialect = _without_preface(path, dialect)
    if dialect.skip:
        lines = "the first line has" if dialect.skip == 1 else f"the first {dialect.skip} lines have"
        entries.append(Entry("skip", dialect.skip, f"{lines} a different number of fields than the others"))
    file = open_table(path, dialect)
    if isinstance(file, WorkbookFile) and len(file.sheet.names) > 1:
        others = ", ".join(file.sheet.names[1:])
        entries.append(Entry("sheet", file.sheet.name, f"the first; there are also {others}"))
        dialect = replace(dialect, sheet=file.sheet.name)
    if isinstance(file, CsvFile) and not file.dialect.header:
        names = list(file.columns)
        reason = f"no line with names; columns are called {names[0]}{f' … {names[-1]}' if len(names) > 1 else ''}"
        entries.append(Entry("header", False, reason))
    return dialect, entries


def _encoding(path: Path) -> str:
    with gzip.open(path) if is_gzipped(path) else path.open("rb") as file:
        try:
            start = file.read(LOOKED_AT)
        except (OSError, EOFError):
            return "utf-8"  # opening the table reports what is wrong
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith((b"PAR1", ZIP)):
        return "utf-8"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _without_preface(path: Path, dialect: Dialect) -> Dialect:
    """Skips first lines with a different number of fields; raises the first error if that does not help."""
    first: InputError | None = None
    for skip in range(MOST_SKIPPED + 1):
        try:
            open_table(path, replace(dialect, skip=skip))
        except UnevenError as error:
            first = first or error
        else:
            return replace(dialect, skip=skip)
    assert first
    raise first


def _with_stray_words(database: Database, column: Column) -> ColumnType | None:
    """The type of a column of numbers or dates with a few words, which are then taken as missing values."""
    if column.mixed is None:
        return None
    stray = f"(CASE WHEN {column.unreadable(column.mixed.sql_type)} THEN {column.text(Text())} END)"
    words = database.frequent(stray, STRAY_WORDS + 1)
    few = len(words) <= STRAY_WORDS and sum(count for _, count in words) <= STRAY_SHARE * database.rows
    # codes with digits and long texts do not stand for missing values
    if not few or any(re.search(r"\d", word) or len(word) > LONGEST_WORD for word, _ in words):
        return None
    usual = [word for word, _ in database.frequent(replace(column, type=column.mixed).missing_word(), None)]
    return column.mixed.with_missing([*usual, *(word for word, _ in words)])


def _without_infinite(database: Database, columns: Mapping[str, Column]) -> dict[str, Column]:
    """Columns of numbers with words such as inf, which are then taken as missing values."""
    numbers = [
        (column, column.type)
        for column in columns.values()
        if column.type and column.kind in ("integer", "number") and column.stored == TEXT
    ]
    large = [f"abs({column.read('DOUBLE')}) > {LARGEST}" for column, _ in numbers]
    counts = database.single([f"count_if({condition})" for condition in large])
    found = {}
    for (column, one), condition, count in zip(numbers, large, counts, strict=True):
        if not 0 < (count or 0) <= STRAY_SHARE * database.rows:
            continue
        words = database.frequent(f"(CASE WHEN {condition} THEN {column.text(Text())} END)", STRAY_WORDS + 1)
        if len(words) <= STRAY_WORDS:
            usual = database.frequent(column.missing_word(), None)
            found[column.name] = replace(column, type=one.with_missing([word for word, _ in [*usual, *words]]))
    return found


def _has_stray_words(column: Column) -> bool:
    """Whether unusual words, other than infinite numbers, are taken as missing values in a column."""
    one = column.type
    if one is None or one.kind == "text":
        return False
    return any(word not in MISSING and not re.fullmatch(INFINITE, word) for word in one.missing or [])


def _type_entry(column: Column) -> Entry | None:
    """How the config says that a column is read, where other files could suggest another type."""
    one = column.type
    if one is None or column.stored != TEXT:
        return None
    if column.codes:
        return Entry(column.name, "text", f"{column.codes.rstrip(',')} are codes")
    given = one.model_dump(exclude_defaults=True)
    value = next(iter(given.values())) if list(given) == [one.main_field] else given
    return Entry(column.name, {one.yaml_name: value}, "is it?" if column.rival else "") if given else None


def _doubts(column: Column, database: Database) -> Iterator[Finding]:
    """What the user should look at of how a column is read."""
    one, where = column.type, f"column '{column.name}'"
    match one, column.rival:
        case Date() as given, Date() as rival:
            formats = f"{given.formats[0]} or {rival.formats[0]}, since no day is above 12"
            yield warning(f"dates may be written {formats}; the config says the first", where)
        case Number() as given, Number() as rival:
            marks = f"'{given.decimal}' or '{rival.decimal}'"
            yield warning(f"the decimal mark may be {marks}; the config says the first", where)
    if column.codes:
        hint = f"types: {{{dump_inline(column.name)}: number}} changes that"
        yield note(f"{column.codes} are taken as codes, not as numbers; {hint}", where)
    if isinstance(one, Date) and one.offsets == "utc":
        yield note("times with an offset are converted to UTC", where)
    if one and one.missing:
        found = database.frequent(column.missing_word(), None)
        words = [f"{shown(word)} in {plural(n, 'row')}{_first(word, column, database)}" for word, n in found]
        yield note(f"taken as missing values: {', '.join(words)}", where)
    if column.mixed:
        stray = database.rows_where(column.unreadable(column.mixed.sql_type) or "false", column.raw, 1)
        form = f" written as {column.mixed.formats[0]}" if isinstance(column.mixed, Date) else ""
        what = f"most cells are {column.mixed.noun.partition(' ')[2]}s{form}, but {shown(stray[0][1])} is not"
        yield warning(f"{what}: taken for words", where)


def _first(word: str, column: Column, database: Database) -> str:
    """Where an unusual word for a missing value stands first."""
    if word in MISSING:
        return ""
    rows = database.rows_where(f"{column.text(Text())} = {query.text(word)}", "NULL", 1)
    return f" (first: {database.place(rows[0][0])})" if rows else ""


def _count(file: TableFile) -> int:
    ((rows,),) = query.fetch_rows(
        file.path, f"SELECT count(*) FROM ({file.selection({next(iter(file.columns)): TEXT})})"
    )
    return rows
