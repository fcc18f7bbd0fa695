"""Batches: which rows they take, in which order, and how bytes become numbers."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.kernels.reference import find
from dltool.ops.op import StepRecord


def _order(position: int, rows: int, *, shuffle: int = 0, epoch: int = 0, key: int = 7) -> list[int]:
    step = StepRecord(step=0, epoch=epoch, position=position, rows=rows, scale=1 / rows)
    return find("order")(rows_total=10, shuffle=shuffle, key=key, step=step).tolist()


def test_file_order_begins_again_where_a_batch_is_padded():
    assert _order(8, 4) == [8, 9, 0, 1]


def test_a_shuffled_epoch_takes_every_row_once():
    taken = [row for position in range(0, 10, 4) for row in _order(position, min(4, 10 - position), shuffle=1)]
    assert sorted(taken) == list(range(10))
    assert taken != list(range(10))


@pytest.mark.parametrize("change", [{"epoch": 1}, {"key": 8}])
def test_epochs_and_keys_have_orders_of_their_own(change: dict[str, int]):
    assert _order(0, 10, shuffle=1) != _order(0, 10, shuffle=1, **change)


def test_a_padded_batch_takes_the_first_rows_of_the_same_epoch():
    assert _order(8, 4, shuffle=1)[2:] == _order(0, 2, shuffle=1)


@pytest.mark.parametrize(("offset", "factor"), [((), ()), ((3,), ()), ((), (3,)), ((3,), (3,))])
def test_bytes_are_scaled_as_they_are_gathered(offset: tuple[int, ...], factor: tuple[int, ...]):
    data = np.arange(30, dtype=np.uint8).reshape(5, 2, 3) + 200
    rows = np.array([4, 0, 4])
    shift, scale = np.full(offset, 210.0), np.full(factor, 0.5)
    x = find("gather_scaled")(data, rows, shift, scale)
    np.testing.assert_array_equal(x, (data[rows].astype(float) - 210) / 2)
