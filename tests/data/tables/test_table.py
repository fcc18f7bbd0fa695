"""Tables that can be read, in all their forms."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import numpy as np
import pytest

from tests.data.opening import FOLDER, columns, numbered, opened, table, write

TEXT = "\n".join(numbered()) + "\n"
EXPECTED = np.array([[i, 2 * i] for i in range(30)], np.float32)


def _text(data: str, **changes: str) -> str:
    for old, new in changes.items():
        data = data.replace({"comma": ",", "line": "\n"}[old], new)
    return data


FORMS: dict[str, str | bytes] = {
    "plain.csv": TEXT,
    "no_last_line_end.csv": TEXT.rstrip(),
    "windows.csv": _text(TEXT, line="\r\n"),
    "tabs.tsv": _text(TEXT, comma="\t"),
    "semicolons.csv": _text(TEXT, comma=";"),
    "bars.txt": _text(TEXT, comma="|"),
    "spaces.data": _text(TEXT, comma=" "),
    "padded.csv": _text(TEXT, comma=", "),
    "marked.csv": "\ufeff" + TEXT,
    "quoted.csv": TEXT.replace("a,b,y", '"a","b","y"'),
    "empty_line.csv": TEXT.replace("\n5,", "\n\n5,"),
    "zipped.csv.gz": gzip.compress(TEXT.encode()),
    "zipped_under_another_name.csv": gzip.compress(TEXT.encode()),
    "not_zipped.csv.gz": TEXT,
    "strange [name]*'.csv": TEXT,
    "lines.jsonl": "".join(json.dumps({"a": i, "b": 2 * i, "y": i % 3}) + "\n" for i in range(30)),
    "list.json": json.dumps([{"a": i, "b": 2 * i, "y": i % 3} for i in range(30)]),
    "lines.jsonl.gz": gzip.compress(b"".join(b'{"a":%d,"b":%d,"y":%d}\n' % (i, 2 * i, i % 3) for i in range(30))),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_same_table_in_any_form(name: str):
    dataset = opened({**table(write(name, FORMS[name])), "split": {"validation": 0}, "scaling": "none"})
    part = dataset.parts["train"]
    np.testing.assert_array_equal(part.features, EXPECTED)
    np.testing.assert_array_equal(part.targets, np.arange(30) % 3)
    assert dataset.signature.classes == ("0", "1", "2")


@pytest.mark.parametrize("within", ["\n", "\r\n", "\r", " \n\n "])
@pytest.mark.parametrize("behind", ["\n", "\r\n", "\r"])
def test_names_with_line_breaks_are_on_one_line(behind: str, within: str):
    lines = [f'"amount{within}(kg)",b,y', '1,"first\r\nsecond",0', *(f"{i},x,{i % 2}" for i in range(2, 9))]
    dataset = opened({**table(write("broken.csv", behind.join(lines) + behind)), "split": {"validation": 0}})
    assert columns(dataset) == ["amount (kg)", "b"]
    assert len(dataset.parts["train"]) == 8


def test_parquet():
    duckdb.sql("COPY (SELECT i::FLOAT a, 2 * i b, i % 3 y FROM range(30) t(i)) TO 'plain.parquet'")
    part = opened({**table("plain.parquet"), "split": {"validation": 0}, "scaling": "none"}).parts["train"]
    np.testing.assert_array_equal(part.features, EXPECTED)


def test_a_table_without_header_has_numbered_columns():
    name = write("bare.csv", "\n".join(numbered()[1:]))
    assert columns(opened(table(name, "column2"))) == ["column0", "column1"]


@pytest.mark.parametrize(
    ("fields", "names"),
    [({}, ["a", "b"]), ({"columns": ["b", "a"]}, ["b", "a"]), ({"exclude": ["a"]}, ["b"]), ({"columns": ["b"]}, ["b"])],
)
def test_columns_are_taken_as_told(fields: dict[str, list[str]], names: list[str]):
    dataset = opened({**table(write("plain.csv", TEXT), **fields), "split": {"validation": 0}, "scaling": "none"})
    assert columns(dataset) == names
    np.testing.assert_array_equal(dataset.parts["train"].features, EXPECTED[:, ["ab".index(name) for name in names]])


def test_a_header_may_look_like_the_start_of_a_zip_archive():
    assert columns(opened(table(write("keys.csv", "PK,y\n" + "1,0\n2,1\n" * 5)))) == ["PK"]


def test_booleans_are_features():
    write("flags.csv", "on,y\n" + "".join(f"{'true' if i % 2 else 'false'},{i % 3}\n" for i in range(12)))
    part = opened({**table("flags.csv"), "split": {"validation": 0}, "scaling": "none"}).parts["train"]
    np.testing.assert_array_equal(part.features[:, 0], np.arange(12) % 2)


def test_numbers_far_down_need_not_be_integers():
    lines = numbered(30_000)
    lines[-1] = "1.5,2.25,1"
    part = opened({**table(write("late.csv", "\n".join(lines))), "split": {"validation": 0}, "scaling": "none"})
    np.testing.assert_array_equal(part.parts["train"].features[-1], [1.5, 2.25])


def test_a_target_far_down_is_not_rounded():
    lines = numbered(30_000)
    lines[-1] = "1,2,1.5"
    part = opened(table(write("late.csv", "\n".join(lines)))).parts["train"]
    assert part.targets.dtype == np.float32


def test_numbers_are_scaled_before_they_are_rounded():
    start = 1_700_000_000
    write("times.csv", "t,y\n" + "".join(f"{start + i},{i % 2}\n" for i in range(8)))
    part = opened({**table("times.csv"), "split": {"validation": 0}}).parts["train"]
    np.testing.assert_allclose(part.features[:, 0], (np.arange(8) - 3.5) / np.arange(8).std(), rtol=1e-6)


def test_files_are_found_beside_the_config_too():
    FOLDER.mkdir()
    write("config/there.csv", TEXT)
    here = opened(table("there.csv")).fingerprint
    assert here == opened(table(str(Path("config/there.csv").absolute()))).fingerprint


def test_the_folder_of_the_config_comes_first():
    FOLDER.mkdir()
    write("plain.csv", "a,b,c,y\n1,2,3,0\n4,5,6,1\n")
    write("config/plain.csv", TEXT)
    assert opened(table("plain.csv")).signature.feature_shape == (2,)
