"""How long, in which batches and by which figures a proposed training goes."""

from __future__ import annotations

from typing import Any

import pytest

from dltool.proposal.recipe import Facts, batch_size, epochs, metrics


@pytest.mark.parametrize(
    ("task", "rows", "count"),
    [
        ("classes", 100, 200),
        ("classes", 4_000, 200),
        ("multilabel", 9_000, 110),
        ("classes", 30_000, 30),
        ("numbers", 30_000, 50),
        ("numbers", 10_000_000, 3),
    ],
)
def test_many_epochs_over_few_rows_and_more_for_numbers(task: Any, rows: int, count: int):
    assert epochs(Facts(task, rows)) == count


@pytest.mark.parametrize(("rows", "count"), [(1_000, 20), (4_000, 15), (10_000, 6), (1_000_000, 4)])
def test_few_epochs_over_texts(rows: int, count: int):
    assert epochs(Facts("classes", rows, texts=("text",))) == count


@pytest.mark.parametrize(("rows", "size"), [(499, 16), (500, 32), (19_999, 128), (20_000, 256), (5_000_000, 1024)])
def test_batches_grow_with_the_rows(rows: int, size: int):
    assert batch_size(rows) == size


@pytest.mark.parametrize(
    ("shares", "names"),
    [
        ([0.5, 0.5], ["accuracy", "auc"]),
        ([0.84, 0.16], ["accuracy", "auc"]),
        ([0.86, 0.14], ["accuracy", "auc", "f1"]),
        ([0.1] * 10, ["accuracy"]),
        ([0.98 / 9] * 9 + [0.02], ["accuracy", "f1"]),
    ],
)
def test_a_rare_class_has_its_share_in_a_figure(shares: list[float], names: list[str]):
    assert metrics(Facts("classes", 1000, {str(number): share for number, share in enumerate(shares)})) == names
