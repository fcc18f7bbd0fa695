"""CSV files, of any usual delimiter, with or without header, plain or gzip."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from dltool.data import query
from dltool.data.csv_text import find_delimiter, lines_of
from dltool.data.table_file import TableFile
from dltool.errors import InputError


@dataclass(frozen=True)
class CsvFile(TableFile):
    """A CSV file, and how its text is divided."""

    delimiter: str
    header: bool

    def scan(self, numbers: Collection[str]) -> str:
        """Nothing is guessed any more: a line that does not fit the columns is an error."""
        types = {**self.columns, **dict.fromkeys(numbers, "DOUBLE")}
        return _scan(self.path, types, self.delimiter, header=self.header)

    def lines(self, rows: Collection[int]) -> Mapping[int, int]:
        """Counted in the text."""
        return lines_of(self.path, rows, delimiter=self.delimiter, header=self.header)


def open_csv(path: Path) -> CsvFile:
    """The file with its columns; raises InputError that names the line where lines do not have equally many fields."""
    delimiter, fields = find_delimiter(path)
    try:
        sniff = f"SELECT HasHeader, Columns FROM sniff_csv({_options(path, delimiter)})"
        ((header, columns),) = query.fetch_rows(path, sniff)
    except InputError as unclear:
        # the search for types does not tell what is wrong; a strict reading of nothing but text does
        texts = {f"column{i}": "VARCHAR" for i in range(fields)}
        query.fetch_rows(path, f"SELECT count(column0) FROM {_scan(path, texts, delimiter, header=False)}")
        raise unclear
    return CsvFile(path, {column["name"]: column["type"] for column in columns}, delimiter, header)


def _scan(path: Path, types: Mapping[str, str], delimiter: str, *, header: bool) -> str:
    columns = query.mapping(types)
    return f"read_csv({_options(path, delimiter)}, auto_detect=false, header={header}, columns={columns})"


def _options(path: Path, delimiter: str) -> str:
    # without skip and comment duckdb would leave out lines that it cannot explain
    fixed = "quote='\"', escape='\"', skip=0, comment=''"
    return f"{query.zipped_file(path)}, delim={query.text(delimiter)}, {fixed}"
