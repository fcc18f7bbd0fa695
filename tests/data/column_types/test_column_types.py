"""How the cells of columns are read, where the config says it, and what is told where it does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.data.preprocessing.preprocessing import Preprocessing
from tests.data.opening import opened, problems, table, write

ROWS = 24


def _file(cells: list[str], name: str = "cells.csv") -> str:
    lines = [f'"{cell}",{i % 5},{"uv"[i % 2]}' for i, cell in enumerate(cells)]
    return write(name, "a,b,y\n" + "\n".join(lines) + "\n")


def _read(cells: list[str], **fields: Any) -> tuple[dict[str, Any], list[str]]:
    """How the column is read, and the notes on it."""
    dataset = opened({**table(_file(cells), **fields), "split": {"validation": 0}})
    one = Preprocessing.from_json(dataset.preprocessing).types["a"]
    return {one.yaml_name: one.model_dump(exclude_defaults=True)}, [n for n in dataset.notes if "'a'" in n]


EARLY = [f"0{1 + i % 9}/{1 + i % 12:02}/2024" for i in range(ROWS)]
LATE = [f"{13 + i % 15}/{1 + i % 12:02}/2024" for i in range(ROWS)]


def _says(told: str) -> str:
    return f"(data.table.types: {{a: {told}}} changes that)"


DAY_FIRST = _says("{date: '%d/%m/%Y'}")
NOTES: dict[str, tuple[list[str], dict[str, Any], list[str]]] = {
    "day first": (LATE, {"date": {"format": "%d/%m/%Y"}}, []),
    "day or month first": (
        EARLY,
        {"date": {"format": "%m/%d/%Y"}},
        [f"column 'a': '{EARLY[0]}' is read as %m/%d/%Y {DAY_FIRST}"],
    ),
    "offsets": (
        [f"2024-01-{1 + i:02}T00:30:00{('-05:00', '+02:00')[i % 2]}" for i in range(ROWS)],
        {"date": {"offsets": "utc"}},
        [f"column 'a': times with an offset are converted to UTC {_says('{date: {offsets: ignore}}')}"],
    ),
    "codes": (
        [("007", "07", "7")[i % 3] for i in range(ROWS)],
        {"text": {}},
        [f"column 'a': digits that begin with 0 are taken as codes, not as numbers {_says('number')}"],
    ),
    "words for missing numbers": (
        [("NA", "1.5", "?", "2")[i % 4] for i in range(ROWS)],
        {"number": {}},
        ["taken as missing values: 'a' ('?' in 6 rows, 'NA' in 6 rows) (change it with data.table.types)"],
    ),
    "words": ([("None", "Basic", "NA")[i % 3] for i in range(ROWS)], {"text": {}}, []),
}


@pytest.mark.parametrize(("cells", "read", "notes"), NOTES.values(), ids=NOTES)
def test_what_is_found_out_is_told(cells: list[str], read: dict[str, Any], notes: list[str]):
    assert _read(cells) == (read, notes)


def test_one_instant_is_one_instant_whatever_its_offset():
    cells = [f"2024-01-{1 + i // 2:02}T{('12:00:00+02:00', '05:00:00-05:00')[i % 2]}" for i in range(ROWS)]
    features = opened({**table(_file(cells)), "split": {"validation": 0}}).parts["train"].features
    np.testing.assert_array_equal(features[::2, :-1], features[1::2, :-1])


STATED: dict[str, tuple[list[str], dict[str, Any], list[float]]] = {
    "a decimal mark": (["1,234", "2,345"] * 12, {"number": {"decimal": ","}}, [1.234, 2.345]),
    "thousands": (["1'234", "2'345"] * 12, {"number": {"thousands": "'"}}, [1234, 2345]),
    "a unit": (["5 kg", "7 kg"] * 12, {"number": {"unit": "kg"}}, [5, 7]),
    "digits that are numbers": (["007", "07"] * 12, {"number": {}}, [7, 7]),
    "a word for missing": (["unknown", "3"] * 12, {"number": {"missing": ["unknown"]}}, [3, 3]),
}


@pytest.mark.parametrize(("cells", "told", "numbers"), STATED.values(), ids=STATED)
def test_what_the_config_says_counts(cells: list[str], told: dict[str, Any], numbers: list[float]):
    data = {
        **table(_file(cells), types={"a": told}),
        "features": {"a": {"numeric": "none"}},
        "split": {"validation": 0},
    }
    np.testing.assert_allclose(opened(data).parts["train"].features[:2, 0], numbers, rtol=1e-6)


def test_words_for_missing_values_stay_in_their_column():
    cells = ["unknown" if i % 4 == 0 else str(i) for i in range(ROWS)]
    lines = [f"{cell},{('unknown', 'low', 'high')[i % 3]}" for i, cell in enumerate(cells)]
    data = table(
        write("words.csv", "a,y\n" + "\n".join(lines) + "\n"), types={"a": {"number": {"missing": ["unknown"]}}}
    )
    assert opened(data).signature.classes == ("high", "low", "unknown")


def test_bad_cells_are_told_up_to_ten_and_counted():
    cells = [f"x{i}" if i < 14 else str(i) for i in range(40)]
    lines = problems({**table(_file(cells)), "features": {"a": "numeric"}})
    assert len(lines) == 10
    told = "data.table: column 'a' holds '{}', where a number is expected"
    assert lines[0].startswith(f"cells.csv:2: {told.format('x0')}; correct it, or say what it means: ")
    assert lines[-1] == f"cells.csv:11: {told.format('x9')}, and 4 more cells of this column"


def test_a_type_of_no_column():
    (line,) = problems(table(_file(["1"] * ROWS), types={"aa": "text"}))
    assert line == "data.table.types.aa: no column has this name; did you mean 'a'?"


def test_names_that_look_like_patterns_are_names():
    rows = "\n".join(f"{i},{i % 3},{'uv'[i % 2]}" for i in range(ROWS))
    name = write("names.csv", f"code*,code_a [K],y?\n{rows}\n")
    data = {**table(name, "y?"), "features": {"code*": "category", "code_a [K]": "numeric"}}
    kinds = {one["column"]: one["kind"] for one in opened(data).preprocessing["features"]["columns"]}
    assert kinds == {"code*": "category", "code_a [K]": "numeric"}


def test_names_may_differ_in_capitals_alone():
    rows = "\n".join(f"{i},{-i},{'uv'[i % 2]}" for i in range(ROWS))
    dataset = opened({**table(write("case.csv", f"a,A,y\n{rows}\n")), "scaling": "none", "split": {"validation": 0}})
    np.testing.assert_array_equal(dataset.parts["train"].features[3], [3, -3])


def test_two_digit_years_are_no_years_of_the_first_century():
    cells = [f"{13 + i % 15}/{1 + i % 12:02}/21" for i in range(ROWS)]
    assert _read(cells) == ({"date": {"format": "%d/%m/%y"}}, [])
