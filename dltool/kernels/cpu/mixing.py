"""Mixing each sample of a batch with another one: all of it, or a rectangle."""

from __future__ import annotations

from math import sqrt

from numpy import float32, float64, uint32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import get_word
from dltool.kernels.cpu.operands import Integers
from dltool.kernels.cpu.philox import philox
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.vector import constant, load, splat, store
from dltool.kernels.records import BATCH, EPOCH, LANES, POSITION


def words(step, place, number, stream, key):
    """Four random words, the same in all lanes."""
    counter, epoch = splat(uint32(place)), splat(uint32(step[EPOCH]))
    return philox(counter, splat(uint32(number)), epoch, splat(uint32(stream)), uint32(key), uint32(key >> 32))


def share_of(word):
    """A random number in [0, 1)."""
    return float64(get_word(word, 0)) * 2.0**-32


def quantile(table, count, level):
    """Between the two nearest entries."""
    place = level * (count - 1)
    below = int(place)
    low, high = float64(table[below]), float64(table[below + 1])
    return low + (place - below) * (high - low)


@kernel
def pair(
    rows: Integers, blending, patching, others: Integers, mixture, share, patches, height, width, stream, key, step,
    low, high,
):  # fmt: skip
    """others (), mixture (5,), share (1,) of rows () and two tables of quantiles (K,), for the whole batch."""
    count = step[BATCH]
    first, _, _, _ = words(step, step[POSITION], 1, stream, key)
    shift = 1 + (get_word(first, 0) * (count - 1) >> 32)
    for i in range(count):
        others[i] = rows[(i + shift) % count]
        kind, level, down, right = words(step, step[POSITION] + i, 0, stream, key)
        patched = share_of(kind) < patches
        if patched:
            kept = quantile(patching, patching.channels, share_of(level))
        else:
            kept = quantile(blending, blending.channels, share_of(level))
        own = at(mixture, i)
        store(own, 0, constant(0))
        store(share, i * LANES, constant(0))
        if patched:
            side = sqrt(1.0 - kept)
            tall, wide = int(height * side), int(width * side)
            top, left = int(share_of(down) * height) - tall // 2, int(share_of(right) * width) - wide // 2
            bottom, end = min(top + tall, height), min(left + wide, width)
            top, left = max(top, 0), max(left, 0)
            own[1], own[2] = float32(top), float32(left)
            own[3], own[4] = float32(bottom), float32(end)
            share[i * LANES] = float32(1.0 - (bottom - top) * (end - left) / float64(height * width))
        else:
            own[0], share[i * LANES] = float32(1.0 - kept), float32(kept)


@kernel
def mix(x, other, mixture, y, width, step, low, high):
    """y (H, W, C) = x · (1 - part) + other · part, and other in the rectangle of mixture (5,); overwrites y."""
    count = x.rows_per_sample
    for sample in range(low, high):
        own = at(mixture, sample)
        part = splat(own[0])
        rest = constant(1) - part
        for block in range(x.blocks):
            place = (block * x.rows + sample * count) * LANES
            for i in range(place, place + count * LANES, LANES):
                if own[0] > float32(0):
                    store(y, i, load(x, i) * rest + load(other, i) * part)
                else:
                    store(y, i, load(x, i))
            left, right = max(0, int(own[2])), min(width, int(own[4]))
            for row in range(max(0, int(own[1])), min(count // width, int(own[3]))):
                line = place + row * width * LANES
                for i in range(line + left * LANES, line + right * LANES, LANES):
                    store(y, i, load(other, i))
