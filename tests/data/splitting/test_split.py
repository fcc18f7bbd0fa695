"""Parts: disjoint, as large as told, the same whenever the seed is, and every line about impossible ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.config.data import SplitConfig
from dltool.data.splitting.split import split_rows
from tests.data.opening import numbered, opened, problems, table, write

ROWS = 30


def _rows(split: dict[str, Any]) -> dict[str, list[int]]:
    """Rows of each part: column a of the table numbers them."""
    data = table(write("data.csv", "\n".join(numbered(ROWS))))
    dataset = opened({**data, "split": split, "scaling": "none"})
    for name, part in dataset.parts.items():
        np.testing.assert_array_equal(part.targets, part.features[:, 0] % 3)
        assert dataset.signature.rows[name] == len(part.features)
    return {name: [int(row) for row in part.features[:, 0]] for name, part in dataset.parts.items()}


SPLITS: list[tuple[dict[str, Any], dict[str, int]]] = [
    ({}, {"train": 24, "validation": 6}),
    ({"validation": 0}, {"train": 30}),
    ({"validation": 0.25, "test": 0.1}, {"train": 19, "validation": 8, "test": 3}),
    ({"validation": 0.25, "test": 0.1, "stratify": True}, {"train": 19, "validation": 8, "test": 3}),
    ({"validation": {"last": 5}, "test": 0.2}, {"train": 19, "validation": 5, "test": 6}),
    ({"train": {"first": 10}, "validation": {"last": 20}}, {"train": 10, "validation": 20}),
    ({"train": {"last": 10}, "validation": {"first": 7}}, {"train": 10, "validation": 7}),
    ({"train": {"first": 20}, "validation": 0.2}, {"train": 20, "validation": 6}),
]


@pytest.mark.parametrize(("split", "sizes"), SPLITS)
def test_parts_are_disjoint_in_the_order_of_the_file_and_the_same_every_time(
    split: dict[str, Any], sizes: dict[str, int]
):
    parts = _rows(split)
    assert {name: len(rows) for name, rows in parts.items()} == sizes
    taken = [row for rows in parts.values() for row in rows]
    assert len(set(taken)) == len(taken)
    assert all(rows == sorted(rows) for rows in parts.values())
    assert _rows(split) == parts


def test_ends_of_the_file():
    assert _rows({"train": {"first": 10}, "validation": {"last": 20}}) == {
        "train": list(range(10)),
        "validation": list(range(10, 30)),
    }


def test_rows_in_no_part_are_told():
    data = table(write("data.csv", "\n".join(numbered())))
    notes = opened({**data, "split": {"train": {"first": 10}, "validation": {"last": 6}}}).notes
    assert notes[0] == "14 of 30 rows are in no part"


def test_another_seed_takes_other_rows():
    assert len({tuple(_rows({"seed": seed})["validation"]) for seed in range(5)}) == 5


def test_the_test_part_does_not_depend_on_the_validation_part():
    assert _rows({"test": 0.2})["test"] == _rows({"test": 0.2, "validation": 0.5})["test"]


def test_every_row_is_drawn_as_often():
    counts = np.zeros(ROWS)
    for seed in range(300):
        parts, _ = split_rows(SplitConfig(seed=seed), ("train", "validation"), ROWS, None)
        counts[parts["validation"]] += 1
    # each count is binomial (300, 0.2): 60 ± 6.9
    assert abs(counts - 60).max() < 30


@pytest.mark.parametrize("seed", range(4))
def test_stratified_parts_keep_the_share_of_every_class(seed: int):
    classes = [0] * 100 + [1] * 51 + [2] * 10 + [3] * 5
    order = np.random.default_rng(seed).permutation(len(classes))
    write("data.csv", "\n".join(["a,y", *(f"{i},{classes[i]}" for i in order)]))
    split = {"validation": 0.2, "test": 0.1, "stratify": True, "seed": seed}
    dataset = opened({**table("data.csv"), "split": split})
    for name, share in {"validation": 0.2, "test": 0.1, "train": 0.7}.items():
        counts = np.bincount(dataset.parts[name].targets, minlength=4)
        assert (np.abs(counts - share * np.bincount(classes)) < 2).all()


AUTO: list[tuple[list[int], dict[str, Any], str | None]] = [
    ([0] * 50 + [1] * 20 + [2] * 3, {"validation": 0.2, "test": 0.2}, None),
    (
        [0] * 50 + [1] * 20 + [2] * 2,
        {"validation": 0.2, "test": 0.2},
        "a class has only 2 rows, so rows are not stratified by class (data.split.stratify)",
    ),
    ([0] * 50 + [1] * 20 + [2] * 2, {"validation": 0.2}, None),
]


@pytest.mark.parametrize(("classes", "split", "note"), AUTO)
def test_classes_keep_their_share_by_themselves_where_all_have_rows_enough(
    classes: list[int], split: dict[str, Any], note: str | None
):
    write("data.csv", "\n".join(["a,y", *(f"{i},{label}" for i, label in enumerate(classes))]))
    automatic = opened({**table("data.csv"), "split": split})
    chosen = opened({**table("data.csv"), "split": {**split, "stratify": note is None}})
    for name, part in automatic.parts.items():
        np.testing.assert_array_equal(part.features, chosen.parts[name].features)
    assert [text for text in automatic.notes if "stratified" in text] == ([note] if note else [])


@pytest.mark.parametrize("stratify", [False, True])
@pytest.mark.parametrize("of", [2, 3, 7])
def test_folds_are_all_that_is_not_for_the_test(stratify: bool, of: int):
    classes = np.arange(50) % 5 % 3
    seen: list[int] = []
    for number in range(1, of + 1):
        split = SplitConfig.model_validate(
            {"test": 0.2, "fold": {"number": number, "of": of}, "stratify": stratify, "seed": 4}
        )
        parts, _ = split_rows(split, ("train", "validation", "test"), 50, classes)
        rows = {name: np.arange(50)[index].tolist() for name, index in parts.items()}
        assert sorted([*rows["train"], *rows["validation"], *rows["test"]]) == list(range(50))
        assert abs(len(rows["validation"]) - 40 / of) < 1
        if stratify:
            share = np.bincount(classes[rows["validation"]], minlength=3)
            assert (abs(share - np.bincount(classes) * 0.8 / of) < 2).all()
        seen += rows["validation"]
    assert sorted([*seen, *rows["test"]]) == list(range(50))


def test_more_folds_than_rows():
    write("data.csv", "\n".join(numbered(6)))
    assert problems({**table("data.csv"), "split": {"fold": {"number": 1, "of": 7}, "stratify": False}}) == [
        "data.split.fold: 6 rows cannot be divided into 7 folds"
    ]


FAULTS: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"train": {"first": 25}, "validation": {"last": 10}, "test": {"first": 2}},
        [
            "data.split: train (rows 1 to 25) and validation (rows 21 to 30) share 5; no row may be in two parts",
            "data.split: train (rows 1 to 25) and test (rows 1 to 2) share 2; no row may be in two parts",
        ],
    ),
    ({"train": {"first": 31}}, ["data.split.train: asks for 31 rows, but there are only 30"]),
    ({"validation": {"last": 30}}, ["data.split: no rows are left to train on: other parts take all 30"]),
    ({"validation": 0.01}, ["data.split.validation: would be empty: 0.01 of 30 rounds to no row"]),
    ({"validation": 0.99}, ["data.split: no rows are left to train on: other parts take all 30"]),
    (
        {"train": {"first": 20}, "validation": 0.5},
        ["data.split.validation: 0.5 of 30 rows is 15, but other parts leave only 10"],
    ),
]


@pytest.mark.parametrize(("split", "lines"), FAULTS)
def test_impossible_splits(split: dict[str, Any], lines: list[str]):
    assert problems({**table(write("data.csv", "\n".join(numbered()))), "split": split}) == lines


def test_rows_in_the_order_of_their_classes():
    write("sorted.csv", "\n".join(["a,y", *(f"{i},{i // 10}" for i in range(20))]))
    assert problems({**table("sorted.csv"), "split": {"validation": {"last": 10}}}) == [
        "data.split: all rows to train on have the class '0'; are the rows in the order of their classes?"
    ]


def test_numbers_cannot_be_stratified():
    data = table(write("data.csv", "\n".join(numbered())), task="numbers")
    assert problems({**data, "split": {"stratify": True}}) == [
        "data.split.stratify: rows can be drawn by class only where the target is one of several classes; this one is"
        " not"
    ]
