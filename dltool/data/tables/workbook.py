"""Excel workbooks: one sheet, converted to CSV."""

from __future__ import annotations

import csv
import datetime
import tempfile
import warnings
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from dltool.data.tables.csv_file import CsvFile, open_csv
from dltool.data.tables.dialect import Dialect
from dltool.errors import InputError, Problem, did_you_mean

#: what a file of an office program is, by a file inside of it
_INSIDE = {
    "xl/workbook.bin": "a binary Excel workbook (.xlsb); save it as .xlsx or CSV",
    "content.xml": "an OpenDocument spreadsheet (.ods); save the sheet as CSV",
}
#: folders of sheets as text, which go with the process
_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


@dataclass(frozen=True)
class Sheet:
    """A sheet as text, and where it comes from."""

    text: Path
    numbers: Sequence[int]  # in the sheet, from 1, of the rows that are not empty
    name: str
    names: Sequence[str]  # of all sheets


@dataclass(frozen=True)
class WorkbookFile(CsvFile):
    """A workbook; its lines are the rows of a sheet, as the program that made it counts them."""

    sheet: Sheet

    @property
    def text(self) -> Path:
        """A temporary file."""
        return self.sheet.text

    def lines(self, rows: Collection[int]) -> Mapping[int, int]:
        """The numbers that a spreadsheet shows."""
        before = self.dialect.skip + bool(self.dialect.header)
        return {row: self.sheet.numbers[before + row] for row in rows}

    @property
    def notes(self) -> Sequence[str]:
        """Which sheet is read, if there are several."""
        if len(self.sheet.names) == 1 or self.dialect.sheet:
            return ()
        others = ", ".join(f"'{name}'" for name in self.sheet.names if name != self.sheet.name)
        return (f"{self.path}: sheet '{self.sheet.name}' is read; there are also {others} (data.table.sheet)",)


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook; raises InputError for files of office programs that cannot be read."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        inside = {*archive.namelist()}
    for name, reason in _INSIDE.items():
        if name in inside:
            raise InputError(Problem(reason, str(path)))
    return "xl/workbook.xml" in inside


def open_workbook(path: Path, dialect: Dialect) -> WorkbookFile:
    """The table in one sheet of a workbook: the first one, unless the dialect names another."""
    status = path.stat()
    sheet = _sheet(path, dialect.sheet, status.st_size, status.st_mtime_ns)
    try:
        file = open_csv(sheet.text, replace(dialect, delimiter=",", quote='"', encoding="utf-8"))
    except InputError as error:
        here = [replace(one, where=one.where.replace(str(sheet.text), str(path))) for one in error.problems]
        raise type(error)(*here) from None
    return WorkbookFile(path, file.columns, file.dialect, sheet)


@lru_cache(maxsize=8)
def _sheet(path: Path, name: str | None, size: int, time: int) -> Sheet:
    """A sheet as text; size and time tell whether the workbook is still the same."""
    try:
        import openpyxl
    except ImportError:
        message = "an Excel workbook; to read it: pip install 'dltool[excel]', or save the sheet as CSV"
        raise InputError(Problem(message, str(path))) from None
    try:
        # warnings are of styles and the like, which are not read
        with path.open("rb") as stream, warnings.catch_warnings(action="ignore"):
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            names = [sheet.title for sheet in book.worksheets]
            if name is not None and name not in names:
                raise InputError(Problem(f"no sheet '{name}'; {did_you_mean(name, names)}", str(path), "sheet"))
            chosen = name or names[0]
            rows = [(number, row) for number, row in _rows(book[chosen]) if any(row)]
            book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, SyntaxError, OSError) as error:
        raise InputError(Problem(f"a damaged Excel workbook: {error}", str(path))) from None
    if not rows:
        raise InputError(Problem(f"sheet '{chosen}' is empty", str(path)))
    width = max(max(place for place, cell in enumerate(row) if cell) for _, row in rows) + 1
    folder = tempfile.TemporaryDirectory(prefix="dltool-sheet-")
    _FOLDERS.append(folder)
    text = Path(folder.name) / "sheet.csv"
    with text.open("w", encoding="utf-8", newline="") as file:
        rest = [""] * width
        csv.writer(file, lineterminator="\n").writerows([*row, *rest][:width] for _, row in rows)
    return Sheet(text, [number for number, _ in rows], chosen, names)


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """The number of each row, from 1, and its cells as text."""
    sheet.reset_dimensions()  # programs often write wrong ones
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        yield number, [*map(_text, row)]


def _text(value: object) -> str:
    """A cell as a CSV file has it: whole numbers without a point, dates as ISO 8601 has them."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
    return str(value)
