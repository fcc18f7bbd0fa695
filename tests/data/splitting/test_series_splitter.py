"""Parts of samples that follow each other in time: the latest of every series, and no target in two parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.config.data import SplitConfig
from dltool.data.readers.outline import TimeOrder
from dltool.data.splitting.series_splitter import kept_apart
from dltool.data.splitting.split import split_rows
from dltool.errors import InputError
from tests.data.opening import opened, write

LATEST = "samples are ordered in time: the latest are set apart"


def _split(
    split: dict[str, Any], parts: list[str], rows: int, time_order: TimeOrder
) -> tuple[dict[str, Any], list[str]]:
    found, notes = split_rows(SplitConfig(**split), parts, rows, None, time_order=time_order)
    return {part: np.arange(rows)[index].tolist() for part, index in found.items()}, notes


SPLITS: dict[str, tuple[TimeOrder, dict[str, list[int]], str]] = {
    "one series": (TimeOrder(0), {"train": [*range(10)], "validation": [10, 11]}, LATEST),
    "targets that reach": (
        TimeOrder(2),
        {"train": [*range(8)], "validation": [10, 11]},
        f"{LATEST}; 2 samples before them left out, since they share targets",
    ),
    "two series": (
        TimeOrder(0, (6, 6)),
        {"train": [0, 1, 2, 3, 4, 6, 7, 8, 9, 10], "validation": [5, 11]},
        LATEST,
    ),
    "two series that reach": (
        TimeOrder(2, (6, 6)),
        {"train": [0, 1, 2, 6, 7, 8], "validation": [5, 11]},
        f"{LATEST}; 4 samples before them left out, since they share targets",
    ),
    "a series too short to give any": (
        TimeOrder(1, (2, 10)),
        {"train": [0, 1, *range(2, 9)], "validation": [10, 11]},
        f"{LATEST}; 1 sample before them left out, since they share targets",
    ),
}


@pytest.mark.parametrize(("time_order", "parts", "note"), SPLITS.values(), ids=SPLITS)
def test_the_latest_of_every_series(time_order: TimeOrder, parts: dict[str, list[int]], note: str):
    assert _split({"validation": 0.17}, ["train", "validation"], 12, time_order) == (parts, [note])


def test_the_test_part_is_the_latest_of_all():
    parts, _ = _split({"validation": 0.2, "test": 0.2}, ["train", "validation", "test"], 20, TimeOrder(1, (10, 10)))
    assert parts["test"] == [8, 9, 18, 19]
    assert parts["validation"] == [5, 6, 15, 16]
    assert parts["train"] == [0, 1, 2, 3, 10, 11, 12, 13]


def test_rows_from_one_end_are_told_to_be_of_one_series():
    told = {"validation": {"last": 4}}
    note = "the file holds several series: its last rows are all from the last one"
    assert _split(told, ["train", "validation"], 12, TimeOrder(0, (6, 6)))[1] == [note]
    assert not _split(told, ["train", "validation"], 12, TimeOrder(0, (12,)))[1]


APART: dict[str, tuple[dict[str, slice], int, dict[str, slice]]] = {
    "one part": ({"validation": slice(6, 10)}, 3, {"validation": slice(6, 10)}),
    "far enough": (
        {"train": slice(0, 4), "validation": slice(6, 10)},
        2,
        {"train": slice(0, 4), "validation": slice(6, 10)},
    ),
    "training gives way": (
        {"train": slice(0, 6), "test": slice(6, 10)},
        2,
        {"train": slice(0, 4), "test": slice(6, 10)},
    ),
    "training behind gives way": (
        {"validation": slice(0, 4), "train": slice(5, 10)},
        3,
        {"validation": slice(0, 4), "train": slice(7, 10)},
    ),
    "validation gives way to test": (
        {"validation": slice(0, 5), "test": slice(5, 10)},
        1,
        {"validation": slice(0, 4), "test": slice(5, 10)},
    ),
}


@pytest.mark.parametrize(("ends", "reach", "expected"), APART.values(), ids=APART)
def test_kept_apart(ends: dict[str, slice], reach: int, expected: dict[str, slice]):
    assert kept_apart(ends, reach) == expected


def test_nothing_is_left_of_a_part_that_gives_way():
    with pytest.raises(InputError) as caught:
        kept_apart({"train": slice(0, 3), "validation": slice(3, 10)}, 5)
    line = "data.split.train: no row is left: all share targets with the other part"
    assert [str(problem) for problem in caught.value.problems] == [line]


@pytest.mark.parametrize(
    ("split", "stride"),
    [
        ({"validation": 0.25}, 1),
        ({"validation": 0.25}, 2),
        ({"validation": {"last": 9}}, 1),
        ({"train": {"first": 12}}, 1),
    ],
)
def test_no_target_of_windows_is_in_two_parts(split: dict[str, Any], stride: int):
    rows = "".join(f"{shop}{day},{shop}\n" for shop in "12" for day in range(100, 130))
    source = {
        "path": write("shops.csv", "n,shop\n" + rows), "target": "n", "group": "shop",
        "length": 3, "horizon": 4, "steps": True, "stride": stride,
    }  # fmt: skip
    dataset = opened({"windows": source, "split": split, "scaling": "none", "target_scaling": "none"})
    targets = {
        part: set(np.unique(dataset.signature.known(samples.targets))) for part, samples in dataset.parts.items()
    }
    assert not targets["train"] & targets["validation"]
