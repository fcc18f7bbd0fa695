"""CSV files, of any usual delimiter, with or without header, plain or gzip."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dltool.config.columns import clean_name
from dltool.data.tables import query
from dltool.data.tables.csv_text import find_division, first_records, has_header, line_end, lines_of
from dltool.data.tables.dialect import Dialect
from dltool.data.tables.table_file import TEXT, TableFile, field_names, repeated_name
from dltool.errors import InputError, Problem
from dltool.formatting import plural


class UnevenError(InputError):
    """The first line has a different number of fields than the others."""


@dataclass(frozen=True)
class CsvFile(TableFile):
    """A CSV file, and how its text is divided."""

    dialect: Dialect

    def selection(self, columns: Mapping[str, str]) -> str:
        """Only columns of numbers that programs have written can be read as such at once."""
        fields = dict(zip(self.columns, field_names(len(self.columns)), strict=True))
        types = {field: columns.get(name, TEXT) for name, field in fields.items()}
        return f"SELECT {', '.join(fields[name] for name in columns)} FROM {_scan(self.text, types, self.dialect)}"

    @property
    def text(self) -> Path:
        """Where the text lies."""
        return self.path

    def lines(self, rows: Collection[int]) -> Mapping[int, int]:
        """Counted in the text."""
        return lines_of(self.path, rows, self.dialect)

    def without(self, name: str) -> str:
        """Names that stand in a line which was taken for data are no names."""
        if not self.dialect.header and not self.dialect.names:
            records = first_records(self.text, self.dialect)
            if records and name in map(clean_name, records[0]):
                return "the first line was taken for data; if it holds the names, say so: data.table.header: true"
        return super().without(name)

    @property
    def decimals(self) -> Sequence[str]:
        """A semicolon between fields leaves the comma to numbers."""
        if self.dialect.decimal:
            return (self.dialect.decimal,)
        return (",", ".") if self.dialect.delimiter == ";" else (".", ",")


def open_csv(path: Path, dialect: Dialect) -> CsvFile:
    """The file with its columns; raises InputError that names the line where lines do not have equally many fields."""
    if twice := repeated_name(dialect.names):
        raise InputError(Problem(twice, path="names"))
    dialect, fields = find_division(path, dialect)
    records = first_records(path, dialect)
    if dialect.header is None:
        dialect = replace(dialect, header=has_header(records, dialect))
    if records and any("\n" in field or "\r" in field for field in records[0]):
        dialect = replace(dialect, line_end=line_end(path, dialect))
    names = _names(path, dialect, records[0] if records else [], fields)
    return CsvFile(path, dict.fromkeys(names, TEXT), dialect)


def _names(path: Path, dialect: Dialect, first: Sequence[str], fields: int) -> Sequence[str]:
    """Names of the columns; raises InputError where two are alike, or there are not as many as fields."""
    line = f"{path}:{dialect.skip + 1}"
    if dialect.names and len(dialect.names) != fields:
        message = f"{plural(len(dialect.names), 'name')} for {plural(fields, 'column')}"
        raise InputError(Problem(message, str(path), "names"))
    width = len(str(fields - 1))
    numbered = [f"column{place:0{width}}" for place in range(fields)]
    if len(first) != fields and not (dialect.header and len(first) < fields):
        raise UnevenError(Problem(f"{plural(len(first), 'field')}, expected {fields}", line))
    if dialect.names or not dialect.header:
        return [*map(clean_name, dialect.names)] or numbered
    if len(first) < fields:
        advice = "name all columns: names: […], and leave this line out: skip: 1"
        message = f"{plural(len(first), 'field')}, where the rows have {fields}; if these are names, {advice}"
        raise UnevenError(Problem(message, line))
    # as pandas calls them: the first is often an index that it has written
    names = [clean_name(name) or f"Unnamed: {place}" for place, name in enumerate(first)]
    if twice := repeated_name(names):
        raise InputError(Problem(f"{twice}; rename one, or give names: […]", line))
    return names


def _scan(path: Path, types: Mapping[str, str], dialect: Dialect) -> str:
    """Nothing is guessed: a line that does not fit the columns is an error, as is a cell that is not of its type."""
    # without skip and comment duckdb would leave out lines that it cannot explain
    quote = query.text('"' if dialect.quote is None else dialect.quote)
    options = [
        query.zipped_file(path),
        f"delim={query.text(dialect.delimiter or ',')}, quote={quote}, escape={quote}",
        f"skip={dialect.skip}, comment='', header={bool(dialect.header)}, encoding={query.text(dialect.encoding)}",
        f"nullstr='', auto_detect=false, columns={query.mapping(types)}",
    ]
    if dialect.line_end:  # else duckdb takes the first line break, which may be one within quotes
        options.append(f"new_line={query.text(repr(dialect.line_end)[1:-1])}")
    return f"read_csv({', '.join(options)})"
