"""Opening a table file by its content; JSON and Parquet files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from dltool.config.columns import clean_name
from dltool.data.files.gzipped import GZIP
from dltool.data.tables import query
from dltool.data.tables.csv_file import open_csv
from dltool.data.tables.dialect import Dialect
from dltool.data.tables.json_text import lines_of
from dltool.data.tables.table_file import TEXT, TableFile, cast, kind_of, repeated_name
from dltool.data.tables.workbook import is_workbook, open_workbook
from dltool.errors import InputError, Problem

LOOKED_AT = 1024
_JSON = (".json", ".jsonl", ".ndjson")
_PARQUET = (".parquet", ".pq")
_UTF_16 = "UTF-16 text; set encoding: utf-16, or convert it: iconv -f utf-16 -t utf-8"
ZIP = b"PK\x03\x04"
_REFUSED = {
    ZIP: "a zip archive; unpack it",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls), or one with a password; save it as .xlsx or CSV",
    b"\xff\xfe": _UTF_16,
    b"\xfe\xff": _UTF_16,
}


@dataclass(frozen=True)
class TypedFile(TableFile):
    """A file that duckdb finds the columns of; `names` are what they are called in it, by their clean names."""

    names: Mapping[str, str] = field(default_factory=dict)

    def _fields(self, columns: Mapping[str, str], stored: Mapping[str, str]) -> str:
        """Columns in SQL, `stored` as one type, each as another."""
        fields = {name: query.name(self.names[name]) for name in columns}
        return ", ".join(cast(fields[name], stored[name], wanted) for name, wanted in columns.items())


@dataclass(frozen=True)
class ParquetFile(TypedFile):
    """A Parquet file."""

    as_text: ClassVar[bool] = False

    def selection(self, columns: Mapping[str, str]) -> str:
        """Cells have the types that they are stored with."""
        return f"SELECT {self._fields(columns, self.columns)} FROM read_parquet({query.file(self.path)})"

    def lines(self, rows: Collection[int]) -> Mapping[int, int]:
        """There are none."""
        return {}


@dataclass(frozen=True)
class JsonFile(TypedFile):
    """A file of JSON lines, or one JSON list of objects."""

    def selection(self, columns: Mapping[str, str]) -> str:
        """Cells are text, whatever JSON takes them for: 7 and "7" are the same."""
        types = {self.names[name]: self.columns[name] for name in columns}
        scan = f"read_json({query.zipped_file(self.path)}, columns={query.mapping(types)})"
        return f"SELECT {self._fields(columns, self.columns)} FROM {scan}"

    def lines(self, rows: Collection[int]) -> Mapping[int, int]:
        """Counted in the text."""
        return lines_of(self.path, rows)


def open_table(path: Path, dialect: Dialect = Dialect()) -> TableFile:  # noqa: B008  (is frozen)
    """The table in a file; raises InputError where it cannot be read as one."""
    with path.open("rb") as file:
        start = file.read(LOOKED_AT)
    if not start:
        raise InputError(Problem("the file is empty", str(path)))
    suffix = path.with_suffix("").suffix if path.suffix == ".gz" else path.suffix
    if start.startswith(ZIP) and is_workbook(path):
        return open_workbook(path, dialect)
    if dialect.sheet:
        raise InputError(Problem("not a workbook, so it has no sheets", str(path), "sheet"))
    for refused, reason in _REFUSED.items():
        if dialect.encoding != "utf-16" and start.startswith(refused):
            raise InputError(Problem(reason, str(path)))
    if start.startswith(b"PAR1") or suffix in _PARQUET:
        return ParquetFile(path, *_columns(path, f"read_parquet({query.file(path)})"))
    if suffix in _JSON:
        # a key may first occur in the last line
        names, types = _columns(path, f"read_json({query.zipped_file(path)}, sample_size=-1)")[::-1]
        nested = {name: sql_type if kind_of(sql_type) == "other" else TEXT for name, sql_type in types.items()}
        return JsonFile(path, nested, names)
    if dialect.encoding == "utf-8" and not _is_text(start) and not start.startswith(GZIP):
        raise InputError(Problem("not a text file", str(path)))
    return open_csv(path, dialect)


def _is_text(start: bytes) -> bool:
    return b"\0" not in start


def _columns(path: Path, scan: str) -> tuple[dict[str, str], dict[str, str]]:
    """The types in SQL of the columns that duckdb finds, and what they are called in the file, by their clean names."""
    found: Sequence[tuple[str, ...]] = query.fetch_rows(path, f"DESCRIBE SELECT * FROM {scan}")
    names = [clean_name(name) for name, *_ in found]
    if twice := repeated_name(names):
        raise InputError(Problem(f"{twice}; rename one", str(path)))
    types = {name: sql_type for name, (_, sql_type, *_) in zip(names, found, strict=True)}
    return types, {name: given for name, (given, *_) in zip(names, found, strict=True)}
