"""Opening a table file by what it holds; JSON and Parquet, which duckdb needs no help with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from dltool.data.gzipped import GZIP
from dltool.data.tables import query
from dltool.data.tables.csv_file import open_csv
from dltool.data.tables.dialect import Dialect
from dltool.data.tables.json_text import lines_of
from dltool.data.tables.table_file import TableFile
from dltool.errors import InputError, Problem

LOOKED_AT = 1024
_JSON = (".json", ".jsonl", ".ndjson")
_PARQUET = (".parquet", ".pq")
_REFUSED = {
    b"PK\x03\x04": "a zip archive, perhaps a spreadsheet; export it as CSV",
    b"\xff\xfe": "UTF-16 text; say so (encoding: utf-16) or convert it: iconv -f utf-16 -t utf-8",
    b"\xfe\xff": "UTF-16 text; say so (encoding: utf-16) or convert it: iconv -f utf-16 -t utf-8",
}


@dataclass(frozen=True)
class ParquetFile(TableFile):
    """A Parquet file."""

    guessed: ClassVar[bool] = False

    def scan(self, types: Mapping[str, str]) -> str:
        """Types are stored, not guessed."""
        return f"read_parquet({query.file(self.path)})"

    def lines(self, rows: Collection[int]) -> Mapping[int, int]:
        """There are none."""
        return {}


@dataclass(frozen=True)
class JsonFile(TableFile):
    """A file of JSON lines, or one JSON list of objects."""

    def scan(self, types: Mapping[str, str]) -> str:
        """With the columns that were found."""
        return f"read_json({query.zipped_file(self.path)}, columns={query.mapping({**self.columns, **types})})"

    def lines(self, rows: Collection[int]) -> Mapping[int, int]:
        """Counted in the text."""
        return lines_of(self.path, rows)


def open_table(path: Path, dialect: Dialect = Dialect()) -> TableFile:  # noqa: B008  (is frozen)
    """The table in a file; raises InputError where it cannot be read as one."""
    with path.open("rb") as file:
        start = file.read(LOOKED_AT)
    if not start:
        raise InputError(Problem("the file is empty", str(path)))
    for refused, reason in _REFUSED.items():
        if dialect.encoding == "utf-8" and start.startswith(refused):
            raise InputError(Problem(reason, str(path)))
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if start.startswith(b"PAR1") or suffix in _PARQUET:
        return ParquetFile(path, _columns(path, f"read_parquet({query.file(path)})"))
    if suffix in _JSON:
        return JsonFile(path, _columns(path, f"read_json({query.zipped_file(path)})"))
    if dialect.encoding == "utf-8" and b"\0" in start and not start.startswith(GZIP):
        raise InputError(Problem("not a text file", str(path)))
    return open_csv(path, dialect)


def _columns(path: Path, scan: str) -> dict[str, str]:
    return {name: as_type for name, as_type, *_ in query.fetch_rows(path, f"DESCRIBE SELECT * FROM {scan}")}
