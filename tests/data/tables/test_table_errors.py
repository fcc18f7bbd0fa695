"""Every line about a table that cannot be used."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.data.opening import numbered, opened, problems, replaced, table, write

WORDS = (
    "correct it, or say what it means: types: {{{0}: {{integer: {{missing: [{1}]}}}}}}, or features: {{{0}: category}}"
)
QUOTED_ONE = "'\"1'"
QUOTE = "a quoted field begins here and never ends; if quotes mean nothing in this file, set quote: ''"
TOO_LARGE = (
    "is infinite or too large for float32; correct it; in a CSV its word can be declared missing:"
    " types: {a: {number: {missing: [inf]}}}"
)
NO_TARGET = "a row without a target cannot be used: remove it, or drop all such rows with missing_target: drop"
FEW_NAMES = "where the rows have 3; if these are names, name all columns: names: […], and leave this line out: skip: 1"
DAMAGED = "a damaged gzip file, or one that was cut short"
LATE = 30_002  # a line far behind those from which duckdb guesses types


def _late(by: str) -> str:
    return replaced(LATE - 1, by, rows=LATE)


BROKEN: dict[str, tuple[str | bytes, str]] = {
    "a field too many in the first row": (replaced(2, "1,2,3,4"), "FILE:2: data.table: 4 fields, expected 3"),
    "a field too many": (replaced(10, "1,2,3,4"), "FILE:10: data.table: 4 fields, expected 3"),
    "a field too many in the last row": (replaced(31, "1,2,3,4"), "FILE:31: data.table: 4 fields, expected 3"),
    "a field too few in the first row": (replaced(2, "1,2"), "FILE:2: data.table: 2 fields, expected 3"),
    "one field": (replaced(10, "1"), "FILE:10: data.table: 1 field, expected 3"),
    "a ragged row far down": (_late("1,2"), f"FILE:{LATE - 1}: data.table: 2 fields, expected 3"),
    "a title above": (
        "My table\n" + replaced(1, "a,b,y"),
        f"FILE:1: data.table: 1 field, {FEW_NAMES}",
    ),
    "names too few": (replaced(1, "a,b"), f"FILE:1: data.table: 2 fields, {FEW_NAMES}"),
    "line ends of two kinds": (
        replaced(6, "1,2,0\r"),
        "FILE:6: data.table: ends with another line end than the lines before; make them alike: sed -i 's/\\r$//' FILE",
    ),
    "a quote": (
        replaced(6, '"1,2,3'),
        f"FILE:6: data.table: column 'a' holds '\"1', where a number is expected; {WORDS.format('a', QUOTED_ONE)}",
    ),
    "a quote far down": (_late('"1,2,3'), f"FILE:{LATE - 1}: data.table: {QUOTE}"),
    "a word": (
        replaced(6, "x,2,0"),
        f"FILE:6: data.table: column 'a' holds 'x', where a number is expected; {WORDS.format('a', 'x')}",
    ),
    "a word far down": (
        _late("1,x,0"),
        f"FILE:{LATE - 1}: data.table: column 'b' holds 'x', where a number is expected; {WORDS.format('b', 'x')}",
    ),
    "a header in the middle": (
        replaced(12, "a,b,y"),
        "FILE:12: data.table: column 'a' holds 'a', where a number is expected; " + WORDS.format("a", "a"),
    ),
    "infinite": (replaced(6, "-inf,1,0"), f"FILE:6: data.table: column 'a' {TOO_LARGE}"),
    "huge": (replaced(6, "1e300,1,0"), f"FILE:6: data.table: column 'a' {TOO_LARGE}"),
    "a huge integer": (
        replaced(6, "1,1" + "0" * 60 + ",0"),
        f"FILE:6: data.table: column 'b' {TOO_LARGE.replace('a:', 'b:')}",
    ),
    "target missing": (replaced(6, "1,2,"), f"FILE:6: data.table: column 'y' has no value; {NO_TARGET}"),
    "two columns of one name": (
        replaced(1, "a,a,y"),
        "FILE:1: data.table: columns 1 and 2 are both called 'a'; rename one, or give names: […]",
    ),
    "blanks between fields": (
        "a  b  y\n" + "1  2  0\n3  4  1\n" * 9,
        "FILE: data.table: several blanks stand between fields; make them one: sed 's/^ *//; s/  */ /g' FILE > NEW.csv",
    ),
    "only words that name rows": (
        "who,y\n" + "".join(f"name{i},{i % 2}\n" for i in range(40)),
        "FILE: data.table: no column is left for the features",
    ),
    "no features": ("y\n1\n2\n", "FILE: data.table: no column is left for the features"),
    "header only": ("a,b,y\n", "FILE: data.table: a table without rows"),
    "empty": ("", "FILE: data.table: the file is empty"),
    "blank": ("\n\n\n", "FILE: data.table: the file is empty"),
    "one class": ("a,y\n1,u\n2,u\n3,u\n", "FILE: all rows have the class 'u'; there is nothing to predict"),
    "UTF-16": (
        "a,y\n1,2\n".encode("utf-16"),
        "FILE: data.table: UTF-16 text; set encoding: utf-16, or convert it: iconv -f utf-16 -t utf-8",
    ),
    "Latin-1": (
        "a,y\n1,é\n2,u\n3,é\n4,u\n".encode("latin-1"),
        "FILE:2: data.table: not UTF-8 text; if it is Latin-1, set encoding: latin-1",
    ),
    "a spreadsheet": (
        b"PK\x03\x04....",
        "FILE: data.table: a zip archive; unpack it",
    ),
    "binary": (bytes(range(256)) * 8, "FILE: data.table: not a text file"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_csv(case: str):
    content, line = BROKEN[case]
    assert problems(table(write("data.csv", content))) == [line.replace("FILE", "data.csv")]


@pytest.mark.parametrize("size", [15, 1000])
def test_a_gzip_file_cut_short(size: int):
    whole = gzip.compress("\n".join(numbered(3000)).encode())
    assert problems(table(write("cut.csv.gz", whole[:size]))) == [f"cut.csv.gz: data.table: {DAMAGED}"]


def test_a_gzip_file_cut_behind_its_first_lines():
    rows = "\n".join(f"{i},{hash((i, 'x'))},{'w' * 200}{i},{i % 2}" for i in range(900))
    whole = gzip.compress(f"a,b,c,y\n{rows}".encode(), compresslevel=0)
    assert len(whole) > 150_000
    assert problems(table(write("cut.csv.gz", whole[:150_000]))) == [f"cut.csv.gz: data.table: {DAMAGED}"]


OTHER_FORMATS: dict[str, tuple[str | bytes, str]] = {
    "broken.jsonl": ('{"a":1,"y":0}\n{"a":2,"y":\n{"a":1,"y":1}\n', "broken.jsonl:2: data.table: not valid JSON"),
    "target.jsonl": (
        '{"a":1,"y":0}\n\n{"a":1}\n{"a":1,"y":1}\n{"a":2,"y":0}\n',
        f"target.jsonl:3: data.table: column 'y' has no value; {NO_TARGET}",
    ),
    "target.json": (
        '[{"a":1,"y":0},\n\n{"a":1},\n{"a":1,"y":1},{"a":1,"y":0}]',
        f"target.json: row 2: data.table: column 'y' has no value; {NO_TARGET}",
    ),
    "twice.jsonl": (
        '{"a":1,"y":0}\n{"a":2,"a":3,"y":1}\n',
        "twice.jsonl:2: data.table: an object that has 'a' twice",
    ),
    "latin.jsonl": (
        '{"a":"é","y":0}\n{"a":"e","y":1}\n'.encode("latin-1"),
        "latin.jsonl: data.table: not UTF-8 text; convert it, such as by: iconv -f latin1 -t utf-8",
    ),
    "text.parquet": (
        "a,y\n" + "1,2\n" * 9,
        "text.parquet: data.table: not a Parquet file, or one that was cut short",
    ),
}


@pytest.mark.parametrize("name", OTHER_FORMATS)
def test_broken_json_and_parquet(name: str):
    content, line = OTHER_FORMATS[name]
    assert problems(table(write(name, content))) == [line]


def test_parquet_with_an_infinity_a_list_or_its_end_missing():
    duckdb.sql("COPY (SELECT if(i = 7, 'inf'::DOUBLE, i) a, i % 3 y FROM range(50) t(i)) TO 'gap.parquet'")
    duckdb.sql("COPY (SELECT [i] a, i % 3 y FROM range(50) t(i)) TO 'list.parquet'")
    write("cut.parquet", Path("gap.parquet").read_bytes()[:200])
    assert problems(table("gap.parquet")) == [f"gap.parquet: row 8: data.table: column 'a' {TOO_LARGE}"]
    lists = "column 'a' holds lists or records, which are not supported; leave it out: exclude: [a]"
    assert problems(table("list.parquet")) == [f"list.parquet: data.table: {lists}"]
    assert problems(table("cut.parquet")) == ["cut.parquet: data.table: not a Parquet file, or one that was cut short"]


FIELDS: list[tuple[dict[str, Any], list[str]]] = [
    ({"target": "Y"}, ["ok.csv: data.table.target: no column 'Y'; did you mean 'y'?"]),
    ({"target": "digit"}, ["ok.csv: data.table.target: no column 'digit'; allowed: a, b, y"]),
    (
        {"exclude": ["bb", "q"]},
        [
            "ok.csv: data.table.exclude: no column 'bb'; did you mean 'b'?",
            "ok.csv: data.table.exclude: no column 'q'; allowed: a, b, y",
        ],
    ),
    (
        {"target": "z", "columns": ["a", "z", "q"]},
        [
            "ok.csv: data.table.target: no column 'z'; allowed: a, b, y",
            "ok.csv: data.table.columns: no column 'z'; allowed: a, b, y",
            "ok.csv: data.table.columns: no column 'q'; allowed: a, b, y",
            "ok.csv: data.table.columns: 'z' is the target, it cannot be a feature",
        ],
    ),
    ({"exclude": ["a", "b"]}, ["ok.csv: data.table: no column is left for the features"]),
    (
        {"target": ["a", "y"], "task": "classes"},
        ["ok.csv: classes can be predicted for one target, not for 2; if each is 0 or 1: task: multilabel"],
    ),
]


@pytest.mark.parametrize(("fields", "lines"), FIELDS)
def test_fields_that_do_not_fit_the_table(fields: dict[str, Any], lines: list[str]):
    write("ok.csv", "\n".join(numbered()))
    assert problems(table("ok.csv", **fields)) == lines


def test_a_target_that_cannot_be_predicted():
    write("dates.csv", "a,y\n" + "".join(f"{i},2020-01-0{i + 1}\n" for i in range(8)))
    assert problems(table("dates.csv")) == [
        "dates.csv: data.table.target: column 'y' holds dates, which cannot be predicted"
    ]


def test_a_missing_file_is_looked_for_in_both_places():
    write("digits.csv", "a,y\n1,2\n")
    assert problems(table("digts.csv")) == [
        "data.table.path: no file 'digts.csv', nor 'config/digts.csv'; did you mean 'digits.csv'?"
    ]
    assert problems(table("/nowhere/at/all.csv")) == ["data.table.path: no file '/nowhere/at/all.csv'"]


def test_a_directory_is_no_table():
    Path("folder").mkdir()
    assert problems(table("folder")) == ["data.table.path: 'folder' is a directory, where a file is needed"]
    for stream in ("/dev/null", "-"):
        assert problems(table(stream)) == [
            f"data.table.path: '{stream}' is no file; data is read more than once, so write a stream to a file first,"
            " and name that"
        ]


@pytest.mark.skipif(os.geteuid() == 0, reason="everything may be read by root")
def test_a_file_that_may_not_be_read():
    Path(write("secret.csv", "a,y\n1,2\n")).chmod(0)
    assert problems(table("secret.csv")) == ["data.table.path: 'secret.csv' may not be read by this user"]


def test_reading_leaves_nothing_behind():
    write("ok.csv", "\n".join(numbered()))
    opened(table("ok.csv"))
    assert [path.name for path in Path().iterdir()] == ["ok.csv"]
