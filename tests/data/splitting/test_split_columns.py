"""Parts by a column: groups that stay together, the latest rows, cells that name the part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.data.opening import opened, problems, table, write

SIZES = [9, 1, 4, 2, 6, 3, 5, 7, 8, 5]  # of ten groups


def _write(cells: list[Any], name: str = "where") -> dict[str, Any]:
    """A table whose column `row` numbers the rows."""
    lines = [f"row,{name},y", *(f"{i},{cell},{i / 4}" for i, cell in enumerate(cells))]
    return {**table(write("data.csv", "\n".join(lines) + "\n")), "scaling": "none"}


def _rows(data: dict[str, Any], split: dict[str, Any]) -> dict[str, list[int]]:
    """Rows of each part: the column by which they are divided is no feature."""
    dataset = opened({**data, "split": split})
    assert dataset.signature.feature_shape == (1,)
    return {name: [int(row) for row in part.features[:, 0]] for name, part in dataset.parts.items()}


def _groups() -> list[str]:
    cells = [f"g{group}" for group, size in enumerate(SIZES) for _ in range(size)]
    return [cells[i] for i in np.random.default_rng(2).permutation(len(cells))]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "split", [{"validation": 0.2}, {"validation": 0.2, "test": 0.3}, {"fold": {"number": 2, "of": 3}}]
)
def test_no_group_is_in_two_parts(split: dict[str, Any], seed: int):
    cells = _groups()
    split = {**split, "group": "where", "seed": seed}
    parts = _rows(_write(cells), split)
    assert sorted(row for rows in parts.values() for row in rows) == list(range(50))
    groups = [{cells[row] for row in rows} for rows in parts.values()]
    assert sum(map(len, groups)) == len(SIZES)
    for part in parts:
        share = 1 / 3 if "fold" in split and part == "validation" else split.get(part)
        if share:
            assert len(parts[part]) <= share * 50 + 2
            assert len(parts[part]) >= share * 50 - 9
    assert _rows(_write(cells), split) == parts


def test_groups_make_even_folds_that_are_all_rows():
    data = _write(_groups())
    folds = [_rows(data, {"group": "where", "fold": {"number": n, "of": 4}})["validation"] for n in (1, 2, 3, 4)]
    assert sorted(row for fold in folds for row in fold) == list(range(50))
    assert max(map(len, folds)) - min(map(len, folds)) <= 2


def test_a_group_larger_than_its_part_is_taken_whole():
    cells = ["b", *"a" * 20, *"b" * 9, *"c" * 20]
    assert _rows(_write(cells), {"group": "where", "validation": 0.1})["validation"] == [0, *range(21, 30)]


TIMES: list[list[Any]] = [
    [f"2012-01-{1 + day:02d}" for day in (3, 0, 7, 9, 1, 8, 2, 6, 5, 4)],
    [f"2012-01-01 {day:02d}:30:00" for day in (3, 0, 7, 9, 1, 8, 2, 6, 5, 4)],
    [3, 0, 7, 9, 1, 8, 2, 6, 5, 4],
    [0.5 * day for day in (3, 0, 7, 9, 1, 8, 2, 6, 5, 4)],
]


@pytest.mark.parametrize("cells", TIMES, ids=lambda cells: str(cells[0]))
def test_the_latest_rows_are_for_the_test(cells: list[Any]):
    parts = _rows(_write(cells), {"time": "where", "validation": 0.2, "test": 0.3})
    assert parts == {"train": [0, 1, 4, 6, 9], "validation": [7, 8], "test": [2, 3, 5]}


def test_rows_of_one_time_stay_together():
    cells = [1, 1, 2, 2, 2, 3, 3, 3, 3, 4]
    assert _rows(_write(cells), {"time": "where", "validation": 0.3})["validation"] == [5, 6, 7, 8, 9]
    assert _rows(_write(cells), {"time": "where", "validation": 0.1})["validation"] == [9]


@pytest.mark.parametrize(
    ("by", "cells", "note"),
    [
        ("time", [*range(8), 8, 8], "1 time in both the validation and the test part"),
        ("group", [*"abcdefgghh"], "1 group in both the train and the test part"),
    ],
)
def test_what_a_part_of_told_rows_shares_with_another_is_told(by: str, cells: list[Any], note: str):
    split = {by: "where", "validation": 0.1, "test": {"last": 1}, "seed": 3}
    assert note in opened({**_write(cells), "split": split}).notes


@pytest.mark.parametrize("turned", [1, -1])
def test_numbers_that_are_dates_are_told_as_such(turned: int):
    days = [20111230, 20111231, 20120101, 20120102, 20120103][::turned]
    notes = opened({**_write(days), "split": {"time": "where", "validation": 0.4}}).notes
    assert "times of column 'where': train from 2011-12-30, validation from 2012-01-02" in notes


def test_what_was_chosen_is_told():
    days = [f"2012-01-{1 + day:02d}" for day in range(10)]
    notes = opened({**_write(days), "split": {"time": "where", "validation": 0.2}}).notes
    assert "times of column 'where': train from 2012-01-01, validation from 2012-01-09" in notes
    notes = opened({**_write(_groups()), "split": {"group": "where"}}).notes
    assert any(note.startswith("groups of column 'where': ") for note in notes)


NAMED: list[tuple[list[Any], Any, dict[str, list[int]]]] = [
    (
        ["train", "test", " validation", "train", "validation"],
        "where",
        {"train": [0, 3], "validation": [2, 4], "test": [1]},
    ),
    (
        ["train", "validation", "train", "train"],
        {"name": "where", "test": None},
        {"train": [0, 2, 3], "validation": [1]},
    ),
    (
        ["a", "dev", "b", "eval", "b"],
        {"name": "where", "train": ["a", "b"], "validation": "dev", "test": "eval"},
        {"train": [0, 2, 4], "validation": [1], "test": [3]},
    ),
    (
        [0, 2, 1, 0, 0],
        {"name": "where", "train": 0, "validation": 1, "test": 2},
        {"train": [0, 3, 4], "validation": [2], "test": [1]},
    ),
    (
        ["true", "false", "false"],
        {"name": "where", "train": "false", "validation": "true", "test": None},
        {"train": [1, 2], "validation": [0]},
    ),
]


@pytest.mark.parametrize(("cells", "column", "parts"), NAMED)
def test_cells_name_the_part(cells: list[Any], column: Any, parts: dict[str, list[int]]):
    assert _rows(_write(cells), {"column": column}) == parts


def test_a_part_that_cells_do_not_name_is_drawn_from_those_to_train_on():
    cells = ["train", "test", *["train"] * 8]
    parts = _rows(_write(cells), {"column": {"name": "where", "validation": None}, "validation": 0.3})
    assert parts["test"] == [1]
    assert len(parts["validation"]) == 3
    assert len(parts["train"]) == 6


def test_a_column_to_divide_by_may_be_a_feature_where_it_is_listed():
    data = _write([1, 2, 3, 4])
    data["table"]["columns"] = ["row", "where"]
    assert opened({**data, "split": {"time": "where", "validation": 0.25}}).signature.feature_shape == (2,)


def test_a_column_to_divide_by_is_a_feature_where_the_config_calls_it_one():
    data = {**_write(list(range(20))), "split": {"time": "where", "validation": 0.2}}
    assert opened(data).signature.feature_shape == (1,)
    assert opened({**data, "features": {"where": "numeric"}}).signature.feature_shape == (2,)


def test_rows_without_a_target_are_left_out_before():
    lines = ["row,where,y", *(f"{i},{i},{'' if i % 2 else i / 4}" for i in range(10))]
    source = table(write("data.csv", "\n".join(lines) + "\n"), missing_target="drop")
    parts = _rows({**source, "scaling": "none"}, {"time": "where", "validation": 0.4})
    assert parts == {"train": [0, 2, 4], "validation": [6, 8]}


MEANINGS = "data.split.column: {name: where, train: …, validation: …, test: …}"
FAULTS: list[tuple[list[Any], dict[str, Any], str]] = [
    (
        ["a", "a", "a"],
        {"group": "where"},
        "data.split.group: column 'where' has 1 group to draw from, at least 2 are needed",
    ),
    (
        ["a", "b", "a"],
        {"group": "where", "fold": {"number": 1, "of": 3}},
        "data.split.group: column 'where' has 2 groups to draw from, at least 3 are needed",
    ),
    (
        ["a", "", "b", ""],
        {"group": "where"},
        "data.csv:3: column 'where' has no value, and 1 more row like it; data.split.group needs one in every row",
    ),
    (
        [5, 5, 5, 5, 5],
        {"time": "where"},
        "data.split.time: column 'where' is 5 in all rows to draw from; later ones are needed",
    ),
    (
        ["soon", "later", "now", "then", "once"],
        {"time": "where"},
        "data.csv:2: column 'where' holds 'soon'; data.split.time takes dates or numbers",
    ),
    (
        ["2012-01-01", "2012-01-02", "2012-01-03", "soon", "2012-01-05"],
        {"time": "where"},
        "data.csv:5: column 'where' holds 'soon', where most cells are like '2012-01-01'; data.split.time takes"
        " dates or numbers",
    ),
    (
        [1, 2, "", 4, 5],
        {"time": "where"},
        "data.csv:4: column 'where' has no value; data.split.time needs one in every row",
    ),
    (
        ["train", "dev", "train"],
        {"column": "where"},
        "data.csv:3: column 'where' holds 'dev', which names no part; say what they mean: data.split.column:"
        " {name: where, train: …, validation: …, test: …}",
    ),
    (
        ["train", "train", "train"],
        {"column": "where"},
        "data.split.column: column 'where' names no row of the validation part, it holds: train; say what they mean:"
        f" {MEANINGS}; validation: null if it has another source, or none",
    ),
    (
        ["train", "validation", "train"],
        {"column": "where"},
        "data.split.column: column 'where' names no row of the test part, it holds: train, validation; say what they"
        f" mean: {MEANINGS}; test: null if it has another source, or none",
    ),
    (
        ["validation", "test"],
        {"column": "where"},
        "data.split.column: column 'where' names no row of the train part, it holds: test, validation; say what they"
        " mean: data.split.column: {name: where, train: …, validation: …, test: …}",
    ),
    (["a", "b"], {"group": "were"}, "data.csv: data.table: no column 'were'; did you mean 'where'?"),
]


@pytest.mark.parametrize(("cells", "split", "line"), FAULTS)
def test_columns_that_divide_nothing(cells: list[Any], split: dict[str, Any], line: str):
    assert problems({**_write(cells), "split": split}) == [line]


def test_arrays_of_an_archive_divide_its_rows():
    where = np.array(["a", "a", "b", "b"])
    np.savez("data.npz", x=np.arange(4.0)[:, None], y=[0.5, 1.5, 2.5, 3.5], where=where)
    dataset = opened({"npz": "data.npz", "split": {"validation": 0.5, "group": "where"}})
    of_parts = [{where[int(row)] for row in part.features[:, 0]} for part in dataset.parts.values()]
    assert [len(groups) for groups in of_parts] == [1, 1]
    assert of_parts[0] != of_parts[1]


def test_numbers_without_end_are_no_names_of_parts():
    np.savez("data.npz", x=np.zeros((3, 1)), y=[0.5, 1.5, 2.5], part=[0.0, np.inf, 1.0])
    names = {"name": "part", "train": "0", "validation": "1", "test": None}
    (line,) = problems({"npz": "data.npz", "split": {"column": names}})
    assert "'inf'" in line


def test_other_arrays_have_no_columns_to_divide_by():
    np.save("x.npy", np.zeros((4, 3)))
    np.save("y.npy", [0.5, 1.5, 2.5, 3.5])
    assert problems({"npy": {"path": "x.npy", "targets": "y.npy"}, "split": {"group": "where"}}) == [
        "data.split: rows can be divided by a column of a table or by an array of an .npz file; this data has neither"
    ]
