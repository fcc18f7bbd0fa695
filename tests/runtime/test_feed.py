"""Spans of an epoch: filled from a file, they hold the samples that the epoch's order names, and end cleanly."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from dltool.data.samples.samples import AliasTable, Samples
from dltool.data.splitting.weighted_sampling import build_alias_table
from dltool.data.store.budget import span_samples
from dltool.data.store.reader import StoredSamples
from dltool.distributed.ranks import Ranks
from dltool.errors import RunError
from dltool.kernels.reference import find
from dltool.ops.op import StepRecord
from dltool.runtime import filling
from dltool.runtime.buckets import BucketOrder
from dltool.runtime.feed import Bucketed, Resident, Streamed
from dltool.runtime.filling import Filler
from dltool.runtime.order import EpochOrder
from tests.data.store import parts
from tests.data.store.conftest import cache  # noqa: F401  (a fixture that all tests here use)
from tests.data.store.parts import FORMS, assert_same, samples

KEYS = (0, 7, 2**64 - 1)


def stored(part: Samples, form: str = "table") -> StoredSamples:
    return parts.store(form, {"train": part}, piece=100_000).parts()["train"]


def rows_of(epoch: int, position: int, count: int, total: int, key: int, *, shuffle: bool = True) -> np.ndarray:
    step = StepRecord(step=0, epoch=epoch, position=position, rows=count, scale=1.0)
    return find("order")(rows_total=total, shuffle=int(shuffle), key=key, step=step)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("shuffle", [True, False])
def test_the_rows_of_any_positions(key, shuffle):
    for total in (1, 2, 3, 1000, 1_000_003):
        for epoch, position, count in ((0, 0, 33), (5, 0, 1), (1, total - 1, 17), (2, 2 * total, 5)):
            rows = np.empty(count, np.int64)
            EpochOrder(total, shuffle=shuffle, key=key).take(epoch, position, rows)
            expected = rows_of(epoch, position, count, total, key, shuffle=shuffle)
            np.testing.assert_array_equal(rows, expected, f"{total} rows")


def test_rows_that_are_drawn():
    alias = AliasTable(*build_alias_table(np.arange(1.0, 101)))
    rows = np.empty(50, np.int64)
    EpochOrder(100, shuffle=True, key=3, alias=alias).take(2, 70, rows)
    step = StepRecord(step=0, epoch=2, position=70, rows=50, scale=1.0)
    expected = find("draw")(alias.chances, alias.others, rows_total=100, key=3, step=step)
    np.testing.assert_array_equal(rows, expected)


def chosen(part: Samples, rows: np.ndarray) -> Samples:
    return Samples(part.features[rows], part.targets[rows], part.codes[rows])


@pytest.mark.parametrize("block", [1, 300, 1 << 20])
@pytest.mark.parametrize("form", FORMS)
def test_a_span_holds_the_samples_of_its_positions(form, block, monkeypatch):
    monkeypatch.setattr(filling, "BLOCK_BYTES", block)
    whole = samples(form, 700)
    part = stored(whole, form)
    for shuffle in (True, False):
        filler = Filler(part, EpochOrder(len(whole), shuffle=shuffle, key=9), 200)
        for first, count in ((0, 200), (64, 64), (300, 1), (650, 129), (699, 200)):  # the last begin again in front
            span = part.layout.empty(count)
            filler.fill(span, 4, first, lambda: False)
            rows = rows_of(4, first, count, len(whole), 9, shuffle=shuffle)
            assert_same(span, chosen(whole, rows))


def test_a_span_of_several_runs():
    whole = samples("only codes", 500_000)
    part = stored(whole, "only codes")
    filler = Filler(part, EpochOrder(len(whole), shuffle=True, key=1), 300_000)
    for first, count in ((0, 300_000), (300_000, 200_000)):
        span = part.layout.empty(count)
        filler.fill(span, 0, first, lambda: False)
        assert_same(span, chosen(whole, rows_of(0, first, count, len(whole), 1)))


def test_only_blocks_that_are_needed_are_read(monkeypatch):
    monkeypatch.setattr(filling, "BLOCK_BYTES", 4 * parts.layout("table").bytes)
    part = stored(samples("table", 100))
    read: list[int] = []
    monkeypatch.setattr(part, "read", lambda low, buffer: read.append(low))
    Filler(part, EpochOrder(100, shuffle=False, key=0), 10).fill(part.layout.empty(10), 0, 50, lambda: False)
    assert read == [48, 52, 56]


@pytest.mark.parametrize(
    ("memory", "record", "update", "epoch", "samples"),
    [
        (10**9, 84, 256, 20_000_000, 5_000_192),  # four spans as equal as whole updates can be
        (10**9, 84, 256, 1000, 1024),
        (1, 84, 256, 1000, 256),
        (84 * 2 * 30, 84, 8, 63, 24),
        (84 * 2 * 60, 84, 8, 64, 32),
    ],
)
def test_how_much_a_span_holds(memory, record, update, epoch, samples):
    assert span_samples(memory, record, update=update, epoch=epoch) == samples


def streamed(part, *, rows: int = 100, span: int = 40, epochs: int = 2) -> Streamed:
    order = EpochOrder(rows, shuffle=True, key=1)
    return Streamed(part, order, epochs=epochs, epoch_samples=rows, samples=span, update=20)


def never() -> bool:
    return False


def background() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "dltool-feed"]


def test_spans_follow_each_other_and_can_be_reached_anywhere():
    whole = samples("table", 100)
    resident = Resident(whole, EpochOrder(100, shuffle=True, key=1), 100)
    feed = streamed(stored(whole))
    for epoch, position in ((0, 0), (0, 16), (0, 40), (0, 80), (1, 0), (1, 80), (0, 40), (7, 0)):
        span = feed.span(epoch, position, never)
        assert span is not None
        first = position // 40 * 40
        assert (span.first, span.stop) == (first, min(first + 40, 100))
        rows = rows_of(epoch, first, len(span.samples), 100, 1)
        assert_same(span.samples, chosen(whole, rows))
        everything = resident.span(epoch, position, never)
        assert everything is not None
        expected = resident.targets(everything, epoch, position, span.stop)
        np.testing.assert_array_equal(feed.targets(span, epoch, position, span.stop), expected)
    feed.close()
    assert background() == []


def test_nothing_is_read_ahead_of_the_last_epoch():
    feed = streamed(stored(samples("table", 100)), epochs=1)
    feed.span(0, 80, never)
    assert background() == []


def test_what_goes_wrong_in_the_background_is_told_where_the_span_is_needed():
    part = stored(samples("table", 100))
    feed = streamed(part)
    feed.span(0, 0, never)
    os.truncate(part.path, 100)
    feed.close()
    with pytest.raises(RunError) as caught:
        feed.span(0, 40, never)
    assert str(caught.value).startswith(f"{part.path}: was cut short while it was read")
    feed.close()
    assert background() == []


def test_a_wait_ends_when_training_is_to_stop(monkeypatch):
    part = stored(samples("table", 100))
    monkeypatch.setattr(part, "read", lambda low, buffer: time.sleep(0.3))
    feed = streamed(part)
    asked = iter([False, True])
    started = time.monotonic()
    assert feed.span(0, 0, lambda: next(asked)) is None
    assert time.monotonic() - started < 0.25
    feed.close()
    assert background() == []


class _Together(Ranks):
    """One of some ranks that are threads of this process."""

    def __init__(self, number: int, size: int, meeting: threading.Barrier, given: list[Any]):
        self.number, self.size, self._meeting, self._given = number, size, meeting, given

    def gathered(self, value: Any) -> list[Any]:
        self._given[self.number] = deepcopy(value)  # the buffers of a feed are soon written again
        self._meeting.wait()
        everything = list(self._given)
        self._meeting.wait()
        return everything


@pytest.mark.parametrize("size", [2, 4])
def test_each_rank_has_its_piece_of_every_update_and_the_targets_of_all(size: int):
    whole = samples("table", 103)
    part, order = stored(whole), EpochOrder(103, shuffle=True, key=1)
    meeting, given = threading.Barrier(size, timeout=20), [None] * size

    def look(number: int) -> None:
        ranks = _Together(number, size, meeting, given)
        feed = Streamed(part, order, epochs=2, epoch_samples=103, samples=40, update=20, ranks=ranks)
        for epoch, first in ((0, 0), (0, 40), (1, 80)):
            span = feed.span(epoch, first, never)
            assert span is not None
            rows = rows_of(epoch, first, span.stop - first, 103, 1)
            positions = np.arange(first, span.stop)
            mine = positions[positions % 20 * size // 20 == number]
            assert_same(span.samples, chosen(whole, rows[mine - first]))
            np.testing.assert_array_equal(mine - span.share.origins(mine, first), np.arange(len(mine)))
            np.testing.assert_array_equal(feed.targets(span, epoch, first, span.stop), whole.targets[rows])
        feed.close()

    with ThreadPoolExecutor(size) as pool:
        list(pool.map(look, range(size)))


class _One(Ranks):
    """A rank of which nobody asks anything."""

    def __init__(self, number: int, size: int):
        self.number, self.size = number, size


def test_each_rank_has_its_piece_of_buckets_and_the_targets_of_all():
    whole = samples("table", 103)
    lengths = np.arange(103) * 7 % 20 + 1
    order = BucketOrder(EpochOrder(103, shuffle=True, key=1), lengths, [8, 20], update=20, samples=103, key=1)
    rows, _ = order.epoch(1)
    for number in range(4):
        feed = Bucketed(whole, order, 20, _One(number, 4))
        for first in range(0, 103, 20):
            span = feed.span(1, first, never)
            assert span is not None
            begin, end = (span.share.count(place) for place in (first, min(first + 20, 103)))
            mine = rows[first : first + 20][5 * number : 5 * number + 5]
            assert_same(span.samples.rows(begin, end), chosen(whole, mine))
            np.testing.assert_array_equal(
                feed.targets(span, 1, first, min(first + 20, 103)), whole.targets[rows[first : first + 20]]
            )
