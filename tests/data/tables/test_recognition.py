"""What columns of text are taken for: numbers with either decimal point, dates, words; misfits and mixed files."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pytest

from dltool.data.readers.outline import Request
from dltool.data.sources.table import Table
from dltool.data.tables.reader import TableReader
from tests.data.opening import opened, problems, table, write

LATE = 30_000  # rows before a cell that those from which duckdb guesses types do not tell of
_NOTE = "column 'b': '1,234' is read with '{}' as decimal mark (data.table.types: {{b: {}}} changes that)"


def _read(path: str, **fields: Any) -> tuple[dict[str, tuple[str, list[Any]]], tuple[str, ...]]:
    """The kind and the cells of each column, and the notes."""
    with Table(path=path, target="y", **fields).open([], Request()) as reader:
        assert isinstance(reader, TableReader)
        columns = {name: column for name, column in reader.columns.items() if name != "y"}
        (cells,) = reader.chunks({name: column.type.sql_type for name, column in columns.items() if column.type})
        found = {name: (column.kind, cells[name].tolist()) for name, column in columns.items()}
        return found, reader.outline.notes


DECIMALS: list[tuple[str, str, dict[str, str], list[float], str]] = [
    ("a semicolon", "b;y\n1,5;0\n22,75;1\n", {}, [1.5, 22.75], ""),
    ("a semicolon and thousands", "b;y\n1.234,5;0\n2.345.678;1\n", {}, [1234.5, 2345678], ""),
    ("a semicolon and points", "b;y\n1.5;0\n2.25;1\n", {}, [1.5, 2.25], ""),
    ("a tab", "b\ty\n1,5\t0\n22,75\t1\n", {}, [1.5, 22.75], ""),
    ("thousands", 'b,y\n"1,234.5",0\n"12,345",1\n', {}, [1234.5, 12345], ""),
    ("no thousands", "b\ty\n0,234\t0\n0,345\t1\n", {}, [0.234, 0.345], ""),
    ("doubt", "b\ty\n1,234\t0\n2,345\t1\n", {}, [1234, 2345], _NOTE.format(".", "{number: {decimal: ','}}")),
    (
        "doubt with a semicolon",
        "b;y\n1,234;0\n2,345;1\n",
        {},
        [1.234, 2.345],
        _NOTE.format(",", "{number: {decimal: '.', thousands: ','}}"),
    ),
    ("a comma told", "b\ty\n1,234\t0\n2,345\t1\n", {"decimal": ","}, [1.234, 2.345], ""),
    ("a point told", "b;y\n1,234;0\n2,345;1\n", {"decimal": "."}, [1234, 2345], ""),
    ("of a hundred", "b,y\n1.5%,0\n22 %,1\n", {}, [1.5, 22], ""),
    ("of a currency", 'b,y\n"$1,200.50",0\n$3,1\n', {}, [1200.5, 3], ""),
    ("of another", "b;y\n1.200,50 €;0\n€ 3;1\n", {}, [1200.5, 3], ""),
    ("thousands of a comma told", "b;y\n1.234;0\n2.345;1\n", {"decimal": ","}, [1234, 2345], ""),
]


@pytest.mark.parametrize(("content", "fields", "numbers", "note"), [case[1:] for case in DECIMALS])
def test_decimal_points(content: str, fields: dict[str, str], numbers: list[float], note: str):
    found, notes = _read(write("decimals.csv", content), **fields)
    assert found == {"b": ("number", numbers)}
    assert notes == ((note,) if note else ())


def test_whole_numbers_of_something_leave_no_doubt():
    assert _read(write("whole.csv", "b,y\n15%,0\n3%,1\n")) == ({"b": ("integer", [15, 3])}, ())


def test_numbers_of_different_things_are_words():
    found, _ = _read(write("different.csv", "b,y\n$15,0\n3€,1\n"))
    assert found == {"b": ("text", ["$15", "3€"])}


def test_a_column_without_doubt_speaks_for_the_others():
    found, notes = _read(write("two.tsv", "a\tb\ty\n1,5\t1,234\t0\n2,25\t2,345\t1\n"))
    assert [cells for _, cells in found.values()] == [[1.5, 2.25], [1.234, 2.345]]
    assert not notes


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2", "x"], "text"),
        (['"1 "', '" 2"', "3"], "integer"),
        (["yes", "no", "yes"], "boolean"),
        (["31.12.2020", "1.2.2021", "3.4.2021"], "date"),
        (["12/31/2020", "1/2/2021", "3/4/2021"], "date"),
        (["31/12/2020", "1/2/2021", "3/4/2021"], "date"),
        (["12:30", "13:45", "1:00"], "date"),
        (["12:30", "late", "1:00"], "text"),
    ],
)
def test_kinds_of_text(cells: list[str], kind: str):
    found, _ = _read(write("kinds.csv", "a,y\n" + "".join(f"{cell},{i % 2}\n" for i, cell in enumerate(cells))))
    assert found["a"][0] == kind


MISFITS: dict[str, tuple[str, list[str]]] = {
    "one column": ("x,1,0", ["a", "text", "integer"]),
    "two columns": ("x,1,0\n1,x,0", ["a", "text", "text"]),
    "two in a row": ("x,x,0", ["a", "text", "text"]),
}


@pytest.mark.parametrize(("rows", "kinds"), MISFITS.values(), ids=MISFITS)
def test_a_cell_far_down_that_is_no_number(rows: str, kinds: list[str]):
    name = write("late.csv", "a,b,y\n" + "".join(f"{i},{i},{i % 2}\n" for i in range(LATE)) + rows + "\n")
    stray, *expected = kinds
    found, _ = _read(name)
    assert [kind for kind, _ in found.values()] == expected
    words = (
        "correct it, or say what it means: types: {0}: {{integer: {{missing: [x]}}}}}}, or features: {0}: category}}"
    )
    assert problems(table(name)) == [
        f"{name}:{LATE + 2}: data.table: column '{stray}' holds 'x', where a number is expected; "
        + words.format("{" + stray)
    ]


def test_a_word_far_down_that_stands_for_a_missing_number():
    name = write("late.csv", "a,y\n" + "".join(f"{i},{i % 2}\n" for i in range(LATE)) + "unknown,1\n")
    found, _ = _read(name, missing=["unknown"])
    assert found["a"] == ("integer", [*map(float, range(LATE)), None])


def test_a_date_among_words_is_told_as_one():
    dates = "".join(f"0{i % 9 + 1}.05.2020,{i % 2}\n" for i in range(30))
    (line,) = problems(table(write("dates.csv", f"a,y\n{dates}soon,1\n")))
    assert line.startswith(
        "dates.csv:32: data.table: column 'a' holds 'soon', where a date is expected, written as %d.%m.%Y; "
    )


FILES: dict[str, tuple[str, str, tuple[str, list[Any]]]] = {
    "whole numbers and others": ("1", "1.5", ("number", [1.0, 1.5])),
    "numbers and a word": ("1", "red", ("text", ["1", "red"])),
    "a word and numbers": ("red", "1", ("text", ["red", "1"])),
    "numbers and decimal commas": ("2", '"1,5"', ("number", [2.0, 1.5])),
}


@pytest.mark.parametrize(("one", "other", "expected"), FILES.values(), ids=FILES)
def test_files_whose_columns_are_of_different_types(one: str, other: str, expected: tuple[str, list[Any]]):
    write("part1.csv", f"a,b,y\n{one},1,0\n")
    write("part2.csv", f"b,a,y\n2,{other},1\n")
    assert _read("part*.csv", header=True)[0]["a"] == expected


def test_parquet_files_whose_columns_are_of_different_types():
    duckdb.sql("COPY (SELECT 7 a, DATE '2020-01-01' b, 0 y) TO 'part1.parquet'")
    duckdb.sql("COPY (SELECT 1.5 a, TIMESTAMP '2020-01-02 12:00:00' b, 1 y) TO 'part2.parquet'")
    found, _ = _read("part*.parquet")
    assert found["a"] == ("number", [7.0, 1.5])
    assert [str(cell) for cell in found["b"][1]] == ["2020-01-01 00:00:00", "2020-01-02 12:00:00"]


def test_whole_numbers_that_floats_do_not_tell_apart_are_told_apart():
    name = write("ids.csv", "a,b,y\n" + "".join(f"{2**60 + i % 5},{i},{i % 2}\n" for i in range(20)))
    assert opened({**table(name), "features": {"a": "category"}}).signature.codes[0].size == 6
    targets = opened(table(name, "a")).signature
    assert targets.classes == tuple(str(2**60 + i) for i in range(5))
    assert np.isfinite(opened(table(name)).parts["train"].features).all()
