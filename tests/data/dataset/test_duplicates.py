"""Rows in two parts are found, whatever they are made of, and told."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.data.dataset.duplicates import row_hashes
from tests.data.opening import numbered, opened, table, write

ADVICE = "to avoid it, remove repeated rows, or keep rows that belong together in one part (data.split.group)"


def _notes(rows: list[str], other: list[str]) -> list[str]:
    write("data.csv", "\n".join(["a,b,y", *rows]))
    write("other.csv", "\n".join(["a,b,y", *other]))
    data = {**table("data.csv"), "split": {"validation": {"last": 4}}, "test": table("other.csv")}
    return [note for note in opened(data).warnings if "inflate" in note]


def test_rows_of_two_parts_are_told():
    rows = numbered(20)[1:]
    assert _notes(rows, ["100,7,0", "101,7,1"]) == []
    assert _notes([*rows, *rows[:2]], ["100,7,0", rows[3]]) == [
        f"rows in two parts inflate results: 2 rows of validation also in train, 1 row of test also in train; {ADVICE}"
    ]
    assert _notes(rows, [rows[-1]] * 3) == [
        f"rows in two parts inflate results: 3 rows of test also in validation; {ADVICE}"
    ]


def test_rows_with_another_target_are_others():
    rows = numbered(20)[1:]
    assert _notes(rows, ["0,0,1"]) == []
    assert len(_notes(rows, ["0,0,0"])) == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int64, np.int32])
@pytest.mark.parametrize("width", [0, 1, 3, 8, 13, 784])
def test_hashes_are_those_of_whole_rows(dtype: type, width: int):
    generator = np.random.default_rng(1)
    rows = generator.integers(0, 3, (700, width)).astype(dtype)
    more = generator.integers(0, 2, (700, 1)).astype(np.int32)
    hashes = row_hashes(rows, more)
    words = [row.tobytes() + other.tobytes() for row, other in zip(rows, more, strict=True)]
    assert len(set(hashes.tolist())) == len(set(words))
    first = dict(zip(words, hashes.tolist(), strict=True))
    assert all(first[word] == value for word, value in zip(words, hashes.tolist(), strict=True))
    assert row_hashes(rows[5:9], more[5:9]).tolist() == hashes[5:9].tolist()
