"""Counter-based random numbers: every value follows from integers that say where it is used; nothing holds a state.

`random_bits` serves dropout, `pair_bits` that of attention weights, `permute` the order of an epoch. Fast kernels
reproduce all bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dltool.kernels.reference.arrays import Array, namespace

MASK = 0xFFFFFFFF
#: stands where other uses of the generator have the number of a stream
DRAWING = 0xD3A3


def philox(counter: Sequence[Any], key: Sequence[int]) -> tuple[np.ndarray, ...]:
    """Four uint32 arrays from a counter of four, of which at least one is an array, and a key of two: Philox4x32-10.

    Numbers of the counter and the key are below 2³². Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3,
    SC 2011.
    """
    c0, c1, c2, c3 = (word(number) for number in counter)
    k0, k1 = key
    for _ in range(10):
        high0, low0 = product(c0, 0xD2511F53)
        high1, low1 = product(c2, 0xCD9E8D57)
        c0, c1, c2, c3 = high1 ^ c1 ^ word(k0), low1, high0 ^ c3 ^ word(k1), low0
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return c0, c1, c2, c3


def word(number: Any) -> np.ndarray:
    """The low 32 bits of an integer or of an array of them, as an array of uint32 that has at least one axis."""
    if isinstance(number, int):
        return np.array([number & MASK], np.uint32)
    return namespace(number).atleast_1d(number.astype(np.uint32))


def product(one: np.ndarray, other: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
    """The high and the low word of one · other, both of uint32: GPUs, and XLA, have no fast integers of 64 bits."""
    other = word(other)
    half, bits = np.uint32(0xFFFF), np.uint32(16)
    lower = (one & half) * (other & half)
    cross = (one >> bits) * (other & half) + (lower >> bits)
    rest = (one & half) * (other >> bits) + (cross & half)
    return (one >> bits) * (other >> bits) + (cross >> bits) + (rest >> bits), one * other


def below(bits: np.ndarray, count: Any) -> np.ndarray:
    """Random integers in [0, count) from random uint32: ⌊bits · count / 2³²⌋."""
    return product(bits, count)[0].astype(int)


def random_bits(
    rows: int, channels: int, *, key: int, stream: int, step: Any, position: Any, before: Any = 0
) -> np.ndarray:
    """uint32 (rows, channels), of the rows of all samples of a micro-batch, for one random op.

    Of an update, whose first sample has a `position`, they are those behind the first rows, of which there are
    `before`. Philox with key (low word of `key`, its high word ^ stream) and counter (place, step, position, stream):
    its outputs belong to the rows 4·group … 4·group + 3 of the update and one channel, and
    place = group · (channels rounded up to 16) + channel.
    """
    xp = namespace(step)
    width = -(-channels // 16) * 16
    first, skipped = before // 4, before % 4
    groups = -(-rows // 4) + (not isinstance(before, int) or skipped > 0)
    place = first * width + xp.arange(groups * width)
    outputs = philox((place, step, position, stream), (key & MASK, (key >> 32 & MASK) ^ stream))
    bits = xp.stack(outputs).reshape(4, groups, width).swapaxes(0, 1).reshape(-1, width)
    if isinstance(skipped, int):
        return bits[skipped : skipped + rows, :channels]
    return bits[skipped + xp.arange(rows), :channels]


def pair_bits(samples: int, heads: int, steps: int, *, key: int, stream: int, step: Any, position: Any) -> np.ndarray:
    """uint32 (samples, heads, steps, steps), of the pairs of queries and keys in every head of every sample of a batch.

    Philox with key (low word of `key`, its high word ^ stream) and counter (place, step, position + sample, head): its
    outputs belong to the queries 4·group … 4·group + 3 and one key, and place = group · (steps rounded up to 16) + key.
    """
    xp = namespace(step)
    groups, width = -(-steps // 4), -(-steps // 16) * 16
    sample, head = xp.arange(samples)[:, None, None], xp.arange(heads)[:, None]
    counter = (xp.arange(groups * width), step, position + sample, head)
    outputs = xp.stack(xp.broadcast_arrays(*philox(counter, (key & MASK, (key >> 32 & MASK) ^ stream))))
    pairs = outputs.reshape(4, samples, heads, groups, width).transpose(1, 2, 3, 0, 4)
    return pairs.reshape(samples, heads, 4 * groups, width)[:, :, :steps, :steps]


def permute(index: np.ndarray, n: int, *, key: int, epoch: int) -> np.ndarray:
    """Where a permutation of range(n), n < 2³², takes each index (m,) int64; each key and epoch has its own.

    A Feistel network of four rounds on 2·half bits, the fewest (at least 2) that hold n − 1. An index is left · 2^half
    + right; a round with key k makes it (right, left ^ (scramble(right ^ k) mod 2^half)). A result ≥ n goes through
    the network again until it is < n (cycle walking: Black and Rogaway, Ciphers with Arbitrary Finite Domains, 2002).
    """
    keys = round_keys(key, epoch)
    result = feistel(index.astype(np.uint32), n, keys)
    while (outside := result >= n).any():
        result = np.where(outside, feistel(result, n, keys), result)
    return result.astype(np.int64)


def drawn(index: np.ndarray, chances: np.ndarray, others: np.ndarray, *, key: int, epoch: Any) -> np.ndarray:
    """The rows drawn for positions index (m,) of an epoch, integers, by an alias table of chances and others (n,).

    Philox with counter (index, 0, epoch, DRAWING) and the words of `key`: its first output times n over 2³² is a row i,
    kept where the second is below 2³² · chances[i], else others[i] is taken (Walker, Electronics Letters, 1974).
    """
    xp = namespace(chances)
    first, second, _, _ = philox((index, 0, epoch, DRAWING), (key & MASK, key >> 32 & MASK))
    row = below(first, len(chances))
    chance = chances[row]
    least = xp.ceil(xp.minimum(chance, 1 - 2.0**-24) * np.float32(2**32)).astype(np.uint32)  # exact in float32
    return xp.where((chance >= 1) | (second < least), row, others[row])


def round_keys(key: int, epoch: int) -> np.ndarray:
    """uint32 (4,): low and high words of the first two numbers of the SplitMix64 started at mix(key) ^ epoch."""
    state = _mix(key) ^ epoch
    words = [_mix(state + i * 0x9E3779B97F4A7C15) for i in (1, 2)]
    return np.array([half for word in words for half in (word & MASK, word >> 32)], dtype=np.uint32)


def feistel(index: Array, n: int, keys: Array) -> Array:
    """One pass of an index (m,) uint32 through the network of `permute`, with the round keys (4,)."""
    half = max(1, ((n - 1).bit_length() + 1) // 2)
    mask = np.uint32((1 << half) - 1)
    left, right = index >> np.uint32(half), index & mask
    for key in keys:
        left, right = right, left ^ (_scramble(right ^ key) & mask)
    return left << np.uint32(half) | right


def _scramble(word: np.ndarray) -> np.ndarray:
    """A bijection of uint32: lowbias32 of Wellons, Prospecting for Hash Functions, 2018."""
    word = (word ^ word >> 16) * np.uint32(0x7FEB352D)
    word = (word ^ word >> 15) * np.uint32(0x846CA68B)
    return word ^ word >> 16


def _mix(word: int) -> int:
    """A bijection of 64-bit integers: the finalizer of SplitMix64, Steele et al., OOPSLA 2014."""
    word &= 0xFFFFFFFFFFFFFFFF
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    word = (word ^ word >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return word ^ word >> 31
