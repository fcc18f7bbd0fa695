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


def open_csv(path: Path, dialect: Dialect) -> CsvFile:
    """The file with its columns; raises InputError that names the line where lines do not have equally many fields."""
    dialect, fields = find_division(path, dialect)
    try:
        sniff = f"SELECT HasHeader, Columns FROM sniff_csv({_options(path, dialect)}{_header(dialect)})"
        ((header, columns),) = query.fetch_rows(path, sniff)
    except InputError as unclear:
        # the search for types does not tell what is wrong; a strict reading of nothing but text does
        texts = {f"column{i}": "VARCHAR" for i in range(fields)}
        strict = _scan(path, texts, replace(dialect, header=False))
        query.fetch_rows(path, f"SELECT count(column0) FROM {strict}")
        raise unclear
    dialect = replace(dialect, header=bool(header))
    names = _names(path, dialect, [column["name"] for column in columns])
    # dates, yes and no come in many forms: they are read as text, and recognised there
    types = ["VARCHAR" if re.match("BOOLEAN|DATE|TIME", column["type"]) else column["type"] for column in columns]
    return CsvFile(path, dict(zip(names, types, strict=True)), dialect)


def _names(path: Path, dialect: Dialect, found: Sequence[str]) -> Sequence[str]:
    """Names of the columns, without the blanks around them; raises InputError where two are alike."""
    names = list(dialect.names)
    if names and len(names) != len(found):
        message = f"{plural(len(names), 'name')} for {plural(len(found), 'column')}"
        raise InputError(Problem(message, str(path), "names"))
    if not names and dialect.header:
        header = first_record(path, dialect)
        names = [name.strip() for name in header]
        names = [name or given for name, given in zip(names, found, strict=False)]
        line = dialect.skip + 1
        for column, name in enumerate(names):
            if name in names[:column]:
                first = names.index(name) + 1
                message = f"columns {first} and {column + 1} are both called '{name}'; rename one, or give names: […]"
                raise InputError(Problem(message, f"{path}:{line}"))
    return names if len(names) == len(found) else found


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
    fixed += f", decimal_separator={query.text(dialect.decimal)}, nullstr=[{possible or query.text('')}]"
    return f"{query.zipped_file(path)}, delim={query.text(dialect.delimiter or ',')}, {fixed}"
