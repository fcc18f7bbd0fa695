"""Random numbers: published answers, the layout that fast kernels reproduce, and fitness for their use."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.kernels.reference.dropout import dropout
from dltool.kernels.reference.random import permute, philox, random_bits, round_keys
from dltool.ops.op import StepRecord

# Random123 1.14, examples/kat_vectors: philox4x32, 10 rounds
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def _words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(counter: str, key: str, answer: str):
    assert [word.item() for word in philox(_words(counter), _words(key))] == _words(answer)


@pytest.mark.parametrize(("row", "channel"), [(0, 0), (3, 15), (4, 16), (9, 17)])
def test_random_bits_follow_the_documented_counter(row: int, channel: int):
    bits = random_bits(10, 18, key=(5 << 32) + 3, stream=2, step=7, position=6)
    group, blocks = row // 4, 2
    place = channel % 16 + 16 * (group * blocks + channel // 16)
    assert bits[row, channel] == philox((place, 7, 6, 2), (3, 5 ^ 2))[row % 4]


def test_random_bits_of_a_row_do_not_depend_on_the_batch():
    whole = random_bits(33, 20, key=1, stream=1, step=0, position=0)
    np.testing.assert_array_equal(random_bits(6, 20, key=1, stream=1, step=0, position=0), whole[:6])


@pytest.mark.parametrize("change", [{"key": 2}, {"key": 1 + (1 << 32)}, {"stream": 2}, {"step": 1}, {"position": 64}])
def test_random_bits_differ_by_key_stream_step_and_position(change: dict[str, int]):
    place = {"key": 1, "stream": 1, "step": 0, "position": 0}
    assert (random_bits(64, 64, **place) != random_bits(64, 64, **(place | change))).mean() > 0.999


@pytest.mark.parametrize(("rows", "shape"), [(1, (5,)), (3, (17,)), (4, (2, 3)), (6, (3, 3))])
def test_a_part_of_a_batch_drops_what_it_drops_in_the_whole(rows: int, shape: tuple[int, ...]):
    x, drawn = np.ones((12, *shape)), {"rate": 0.5, "stream": 1, "key": 9}
    whole, _ = dropout(x, **drawn, step=StepRecord(4, 0, 24, 12, 1.0))
    steps = [StepRecord(4, 0, 24 + first, rows, 1.0, preceding=first) for first in range(0, 12, rows)]
    parts = [dropout(x[:rows], **drawn, step=step)[0] for step in steps]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_keeps_the_share_and_the_mean(rate: float):
    x = np.ones((1000, 100))
    step = StepRecord(step=4, epoch=0, position=0, rows=1000, scale=1e-3)
    y, mask = dropout(x, rate=rate, stream=1, key=9, step=step)
    assert set(np.unique(mask)) <= {0.0, 1 / (1 - rate)}
    deviation = np.sqrt(rate * (1 - rate) / x.size)
    assert abs((mask == 0).mean() - rate) <= 4 * deviation
    np.testing.assert_array_equal(y, mask)


SIZES = [1, 2, 3, 4, 5, 16, 17, 100, 1437, 60000]


@pytest.mark.parametrize("n", SIZES)
def test_permute_is_a_permutation(n: int):
    for epoch in range(3):
        order = permute(np.arange(n), n, key=7, epoch=epoch)
        np.testing.assert_array_equal(np.sort(order), np.arange(n))


def test_permute_serves_any_index_alone_up_to_the_largest_size():
    n = 2**32 - 1
    index = np.array([0, 1, n // 2, n - 1])
    images = permute(index, n, key=3, epoch=0)
    assert len(set(images)) == 4
    assert images.min() >= 0
    assert images.max() < n
    np.testing.assert_array_equal(permute(index[2:3], n, key=3, epoch=0), images[2:3])


@pytest.mark.parametrize("n", [1437, 60000])
def test_epochs_are_shuffled_and_unlike_each_other(n: int):
    index = np.arange(n)
    first, second, other_key = (permute(index, n, key=k, epoch=e) for k, e in ((7, 0), (7, 1), (8, 0)))
    deviation = 1 / np.sqrt(n)
    assert abs(np.abs(first - index).mean() / n - 1 / 3) < 5 * 0.25 * deviation
    pairs = [(first[:-1], first[1:]), (first, index), (first, second), (first, other_key)]
    for a, b in pairs:
        assert abs(np.corrcoef(a, b)[0, 1]) < 5 * deviation


@pytest.mark.parametrize("n", [3, 4, 10])
def test_every_place_is_as_likely(n: int):
    epochs = 3000
    orders = np.array([permute(np.arange(n), n, key=1, epoch=epoch) for epoch in range(epochs)])
    counts = np.array([np.bincount(orders[:, i], minlength=n) for i in range(n)])
    assert np.abs(counts - epochs / n).max() < 5 * np.sqrt(epochs / n)


def test_round_keys_use_all_bits_of_the_key():
    keys = {tuple(round_keys(key, epoch)) for key in (0, 1, 1 << 32, 1 << 63) for epoch in (0, 1)}
    assert len(keys) == 8
    assert round_keys(0, 0).dtype == np.uint32


def test_round_keys_are_the_published_numbers_of_splitmix64():
    # the first two numbers of SplitMix64 from the seed 1234567; mix(0) is 0, so that the epoch alone is the seed
    words = [6457827717110365317, 3203168211198807973]
    assert round_keys(0, 1234567).tolist() == [half for word in words for half in (word % 2**32, word >> 32)]


@pytest.mark.parametrize(
    ("n", "key", "images"),
    [(10, 7, [9, 3, 5, 4, 1, 0, 6, 7, 2, 8]), (60000, 2**40 + 7, [43461, 47548, 56498, 59080, 2685])],
)
def test_the_permutation_stays_what_checkpoints_count_on(n: int, key: int, images: list[int]):
    assert permute(np.arange(len(images)), n, key=key, epoch=2).tolist() == images
