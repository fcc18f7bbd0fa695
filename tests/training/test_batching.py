"""Epochs as updates and micro-batches: every case of the last batch, accumulation, and any stretch of an epoch."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.config.experiment import TrainConfig
from dltool.errors import InputError
from dltool.training.batching import Batching


def plan_of(batching: Batching, first_update: int = 0, count: int | None = None, *, epoch: int = 0, step: int = 0):
    count = batching.updates - first_update if count is None else count
    steps = np.arange(step, step + count)
    return batching.plan(steps[:, None] * [1.0, 10.0], first_update=first_update, epoch=epoch, step=step)


CASES = {
    # (samples, batch size, accumulate, last batch): positions, rows, first, update, samples of each update
    (10, 4, 1, "keep"): ([0, 4, 8], [4, 4, 2], "111", "111", [4, 4, 2]),
    (10, 4, 1, "drop"): ([0, 4], [4, 4], "11", "11", [4, 4]),
    (10, 4, 1, "pad"): ([0, 4, 8], [4, 4, 4], "111", "111", [4, 4, 4]),
    (8, 4, 1, "keep"): ([0, 4], [4, 4], "11", "11", [4, 4]),
    (8, 4, 1, "pad"): ([0, 4], [4, 4], "11", "11", [4, 4]),
    (3, 4, 1, "keep"): ([0], [3], "1", "1", [3]),
    (3, 4, 1, "pad"): ([0], [4], "1", "1", [4]),
    (1, 1, 1, "drop"): ([0], [1], "1", "1", [1]),
    (21, 4, 2, "keep"): ([0, 4, 8, 12, 16, 20], [4, 4, 4, 4, 4, 1], "101010", "010101", [8, 8, 5]),
    (18, 4, 2, "keep"): ([0, 4, 8, 12, 16], [4, 4, 4, 4, 2], "10101", "01011", [8, 8, 2]),
    (21, 4, 2, "drop"): ([0, 4, 8, 12], [4, 4, 4, 4], "1010", "0101", [8, 8]),
    (18, 4, 2, "pad"): ([0, 4, 8, 12, 16, 20], [4] * 6, "101010", "010101", [8, 8, 8]),
    (5, 2, 9, "keep"): ([0, 2, 4], [2, 2, 1], "100", "001", [5]),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_whole_epoch(case):
    positions, rows, first, update, samples = CASES[case]
    batching = Batching(*case)
    plan = plan_of(batching)
    assert plan.position.tolist() == positions
    assert plan.rows.tolist() == rows
    assert "".join(map(str, plan.first.astype(int))) == first
    assert "".join(map(str, plan.update.astype(int))) == update
    assert batching.updates == len(samples)
    assert batching.epoch_samples == sum(samples)
    assert batching.update_rows(np.arange(batching.updates)).tolist() == samples
    assert batching.largest_batch == max(rows)
    np.testing.assert_allclose(plan.scale * np.add.reduceat(rows, np.flatnonzero(plan.first))[plan.step], 1, rtol=1e-6)
    assert (plan.position.dtype, plan.scale.dtype, plan.first.dtype) == (np.int64, np.float32, np.bool_)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("cut", [1, 2])
def test_stretches_join_to_the_whole(case, cut):
    batching = Batching(*case)
    whole = plan_of(batching, epoch=3, step=100)
    stretches = [
        plan_of(batching, start, min(cut, batching.updates - start), epoch=3, step=100 + start)
        for start in range(0, batching.updates, cut)
    ]
    for name in ("step", "epoch", "position", "rows", "scale", "first", "update", "scalars"):
        joined = np.concatenate([getattr(stretch, name) for stretch in stretches])
        np.testing.assert_array_equal(joined, getattr(whole, name), err_msg=name)


def test_micro_batches_share_the_step_and_scalars_of_their_update():
    plan = plan_of(Batching(20, 3, 2, "keep"), step=7)
    assert plan.step.tolist() == [7, 7, 8, 8, 9, 9, 10]
    assert plan.scalars.tolist() == [[step, 10 * step] for step in plan.step.tolist()]
    assert plan.scalars.dtype == np.float32
    assert len(plan) == 7


def test_accumulating_passes_the_samples_of_larger_batches():
    small, large = plan_of(Batching(1000, 8, 4, "keep")), plan_of(Batching(1000, 32, 1, "keep"))
    np.testing.assert_array_equal(np.add.reduceat(small.rows, np.flatnonzero(small.first)), large.rows)
    np.testing.assert_array_equal(small.position[small.first], large.position)


@pytest.mark.parametrize(
    ("in_streams", "line"),
    [
        (False, "train.last_batch: drops all rows: one update needs 8 rows, but the training part has 7; use a smaller"
                " batch_size, or last_batch: keep"),
        (True, "train.batch_size: a stateful network takes only full batches: one update needs 8 rows, but the training"
               " part has 7; use a smaller batch_size"),
    ],
)  # fmt: skip
def test_dropping_everything_is_refused(in_streams, line):
    train = TrainConfig(epochs=1, batch_size=4, accumulate=2, last_batch="drop")
    with pytest.raises(InputError) as error:
        Batching.of(train, 7, in_streams=in_streams)
    assert str(error.value) == line
