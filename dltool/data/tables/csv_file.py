"""CSV files, of any usual delimiter, with or without header, plain or gzip."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dltool.data.quoting import plural
from dltool.data.tables import query
from dltool.data.tables.csv_text import find_division, first_record, lines_of
from dltool.data.tables.dialect import Dialect
from dltool.data.tables.table_file import TableFile
from dltool.errors import InputError, Problem


@dataclass(frozen=True)
class CsvFile(TableFile):
    """A CSV file, and how its text is divided."""

    dialect: Dialect

    def scan(self, types: Mapping[str, str]) -> str:
        """Nothing is guessed any more: a line that does not fit the columns is an error."""
        return _scan(self.path, {**self.columns, **types}, self.dialect)

    def lines(self, rows: Collection[int]) -> Mapping[int, int]:
        """Counted in the text."""
        return lines_of(self.path, rows, self.dialect)

    @property
    def decimals(self) -> Sequence[str]:
        """A semicolon between fields leaves the comma to numbers."""
        if self.dialect.decimal:
            return (self.dialect.decimal,)
        return (",", ".") if self.dialect.delimiter == ";" else (".", ",")


def open_csv(path: Path, dialect: Dialect) -> CsvFile:
    """The file with its columns; raises InputError that names the line where lines do not have equally many fields."""
    if twice := _twice(dialect.names):
        raise InputError(Problem(twice, path="names"))
    dialect, fields = find_division(path, dialect)
    try:
        sniff = f"SELECT HasHeader, Columns FROM sniff_csv({_options(path, dialect)}{_header(dialect)})"
        ((header, columns),) = query.fetch_rows(path, sniff)
    except InputError as unclear:
        _require_division(path, dialect, fields)
        raise unclear
    dialect = replace(dialect, header=bool(header))
    names = _names(path, dialect, [column["name"] for column in columns])
    # dates, yes and no come in many forms: they are read as text, and recognised there
    types = ["VARCHAR" if re.match("BOOLEAN|DATE|TIME", column["type"]) else column["type"] for column in columns]
    return CsvFile(path, dict(zip(names, types, strict=True)), dialect)


def _require_division(path: Path, dialect: Dialect, fields: int) -> None:
    """Raises InputError for the line that has another number of fields than most: a search for types does not tell."""
    named = len(first_record(path, dialect))
    if named < fields and not dialect.names and dialect.header is not False:
        advice = "name all columns: names: […], and leave this line out: skip: 1"
        message = f"{plural(named, 'field')}, where the rows have {fields}; if these are names, {advice}"
        raise InputError(Problem(message, f"{path}:{dialect.skip + 1}"))
    texts = {f"column{i}": "VARCHAR" for i in range(fields)}
    strict = _scan(path, texts, replace(dialect, header=False))
    query.fetch_rows(path, f"SELECT count(column0) FROM {strict}")


def _names(path: Path, dialect: Dialect, found: Sequence[str]) -> Sequence[str]:
    """Names of the columns, without the blanks around them; raises InputError where two are alike."""
    names = list(dialect.names)
    if names and len(names) != len(found):
        message = f"{plural(len(names), 'name')} for {plural(len(found), 'column')}"
        raise InputError(Problem(message, str(path), "names"))
    if not names and dialect.header:
        names = [name.strip() for name in first_record(path, dialect)]
        names = [name or given for name, given in zip(names, found, strict=False)]
        if twice := _twice(names):
            raise InputError(Problem(f"{twice}; rename one, or give names: […]", f"{path}:{dialect.skip + 1}"))
    return names if len(names) == len(found) else found


def _twice(names: Sequence[str]) -> str:
    """Which two names do not differ in more than case, which duckdb does not mind; empty where all do."""
    first: dict[str, int] = {}
    for column, name in enumerate(names):
        other = first.setdefault(name.casefold(), column)
        if other != column and names[other] == name:
            return f"columns {other + 1} and {column + 1} are both called '{name}'"
        if other != column:
            return f"columns {other + 1} and {column + 1}, '{names[other]}' and '{name}', differ in nothing but case"
    return ""


def _scan(path: Path, types: Mapping[str, str], dialect: Dialect) -> str:
    columns = query.mapping(types)
    return f"read_csv({_options(path, dialect)}, auto_detect=false, columns={columns}{_header(dialect)})"


def _header(dialect: Dialect) -> str:
    return "" if dialect.header is None else f", header={dialect.header}"


def _options(path: Path, dialect: Dialect) -> str:
    # without skip and comment duckdb would leave out lines that it cannot explain
    quote = query.text('"' if dialect.quote is None else dialect.quote)
    fixed = f"quote={quote}, escape={quote}, skip={dialect.skip}, comment='', encoding={query.text(dialect.encoding)}"
    missing = [blank + word for word in dialect.missing for blank in ("", " ")]
    allowed = [word for word in missing if word.strip() and (dialect.delimiter or ",") not in word]
    possible = ", ".join(map(query.text, allowed))
    fixed += f", decimal_separator={query.text(dialect.decimal or '.')}, nullstr=[{possible or query.text('')}]"
    return f"{query.zipped_file(path)}, delim={query.text(dialect.delimiter or ',')}, {fixed}"
