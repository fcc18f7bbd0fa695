"""Excel workbooks: a sheet means what a CSV file of it means."""

from __future__ import annotations

import csv
import datetime
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from dltool.data.readers.outline import Request
from dltool.data.sources.table import Table
from dltool.data.tables.dialect import Dialect
from dltool.data.tables.formats import open_table
from dltool.data.tables.workbook import WorkbookFile
from dltool.errors import InputError
from dltool.proposal.proposal import Wishes
from dltool.proposal.proposing import propose

ROWS = 60
HEADER = ["size", "when", "sold", "kind", "none", "y"]
_random = np.random.default_rng(3)
TYPED = [
    [
        round(float(_random.normal()), 6) if row % 5 else float(row),
        datetime.datetime(2024, 1, 1, 6) + datetime.timedelta(days=row, hours=row),
        bool(row % 3),
        ["sun", "rain, hail", 'say "x"', "two\nlines", "007"][row % 5],
        None if row % 7 else row,
        row % 2,
    ]
    for row in range(ROWS)
]
#: the same as a CSV file has it
TEXTS = [
    [
        str(int(size)) if size.is_integer() else repr(size),
        when.date().isoformat() if when.time() == datetime.time() else when.isoformat(),
        str(sold).lower(),
        kind,
        "" if none is None else str(none),
        str(y),
    ]
    for size, when, sold, kind, none, y in TYPED
]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def workbook(path: str, sheets: dict[str, list[list[Any]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return Path(path)


def cells(path: str, **fields: Any) -> dict[str, list[Any]]:
    types = {"size": "DOUBLE", "when": "TIMESTAMP", "sold": "BOOLEAN", "kind": "VARCHAR", "none": "DOUBLE"}
    with Table(path=path, target="y", **fields).open([], Request()) as reader:
        (chunk,) = reader.read(types)
        return {name: np.ma.asarray(chunk[name]).tolist() for name in types}  # type: ignore[index]


def test_a_row_is_the_same_from_a_workbook_and_from_csv() -> None:
    workbook("book.xlsx", {"first": [[], HEADER, *TYPED[:9], [], *TYPED[9:]], "second": [["a", "b"], [1, 2]]})
    with Path("same.csv").open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *TEXTS])
    assert cells("book.xlsx") == cells("same.csv")
    # without its ending too, since the content tells
    Path("book.csv").write_bytes(Path("book.xlsx").read_bytes())
    assert cells("book.csv", sheet="first") == cells("same.csv")


def test_rows_are_counted_as_a_spreadsheet_shows_them() -> None:
    path = workbook("book.xlsx", {"only": [[], ["a", "y"], [1, 2], [], [3, 4]]})
    assert open_table(path).places([0, 1]) == ["book.xlsx:3", "book.xlsx:5"]


def test_which_sheet_is_read_is_said() -> None:
    two = workbook("book.xlsx", {"first": [HEADER, *TYPED], "second": [["a"], [1]]})
    assert "sheet 'first' is read; there are also 'second'" in open_table(two).notes[0]
    assert not open_table(two, Dialect(sheet="second")).notes
    with pytest.raises(InputError, match=r"book.xlsx: sheet: no sheet 'Second'; did you mean 'second'\?"):
        open_table(two, Dialect(sheet="Second"))
    source = propose("book.xlsx", Wishes(("y",))).config["data"]["table"]
    assert source["sheet"] == "first"
    assert isinstance(open_table(two), WorkbookFile)


def _zip(path: str, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return Path(path)


@pytest.mark.parametrize(
    ("name", "inside", "told"),
    [
        ("a.ods", ["content.xml"], "an OpenDocument spreadsheet"),
        ("a.xlsb", ["xl/workbook.bin"], "a binary Excel workbook"),
        ("a.xlsx", ["xl/workbook.xml"], "a damaged Excel workbook"),
        ("a.zip.csv", ["a.csv"], "a zip archive; unpack it"),
    ],
)
def test_other_files_of_office_programs_are_refused_by_name(name: str, inside: list[str], told: str) -> None:
    with pytest.raises(InputError, match=f"^{name}: {told}"):
        open_table(_zip(name, *inside))


def test_an_old_workbook_an_empty_one_and_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("old.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(100))
    with pytest.raises(InputError, match="an old Excel workbook"):
        open_table(Path("old.xls"))
    with pytest.raises(InputError, match="sheet 'empty' is empty"):
        open_table(workbook("empty.xlsx", {"empty": []}))
    path = workbook("book.xlsx", {"only": [["a", "y"], [1, 2]]})
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(InputError, match="an Excel workbook; to read it: pip install 'dltool\\[excel\\]'"):
        open_table(path)
