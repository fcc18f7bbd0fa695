"""Dropout, with random numbers that depend only on the seed, the layer, the step and the place in the update."""

from __future__ import annotations

from numpy import uint32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import lane_numbers, used_lanes
from dltool.kernels.cpu.philox import philox
from dltool.kernels.cpu.vector import constant, load, select, splat, store
from dltool.kernels.records import LANES, POSITION, PRECEDING, STEP


@kernel
def dropout(x, y, mask, rate, stream, key, step, low, high):
    """y = x · mask with mask 0 (by chance `rate`) or 1 / (1 - rate); overwrites y and mask."""
    low, high = low * x.rows_per_sample, high * x.rows_per_sample
    before = step[PRECEDING] * x.rows_per_sample
    for block in range(x.blocks):
        used = used_lanes(block, x.channels)
        for group in range((before + low) // 4, (before + high + 3) // 4):
            row = group * 4 - before
            place = (block * x.rows + row) * LANES
            number = group * x.blocks + block
            first, second, third, fourth = four_factors(number, -step[PRECEDING], stream, used, rate, stream, key, step)
            drop(x, y, mask, place, row, low, high, first)
            drop(x, y, mask, place + LANES, row + 1, low, high, second)
            drop(x, y, mask, place + 2 * LANES, row + 2, low, high, third)
            drop(x, y, mask, place + 3 * LANES, row + 3, low, high, fourth)


def drop(x, y, mask, place, row, low, high, factor):
    """Write one row of a block, where it belongs to this thread."""
    if low <= row < high:
        store(mask, place, factor)
        store(y, place, load(x, place) * factor)


@kernel
def dropout_mask(mask, rate, stream, key, step, low, high):
    """mask (1, units) of 0 (by chance `rate`) or 1 / (1 - rate); overwrites it."""
    before = step[PRECEDING]
    for block in range(mask.blocks):
        used = used_lanes(block, mask.channels)
        for group in range((before + low) // 4, (before + high + 3) // 4):
            row = group * 4 - before
            place = (block * mask.rows + row) * LANES
            number = group * mask.blocks + block
            first, second, third, fourth = four_factors(number, -step[PRECEDING], stream, used, rate, stream, key, step)
            keep(mask, place, row, low, high, first)
            keep(mask, place + LANES, row + 1, low, high, second)
            keep(mask, place + 2 * LANES, row + 2, low, high, third)
            keep(mask, place + 3 * LANES, row + 3, low, high, fourth)


def keep(mask, place, row, low, high, factor):
    """The same for a mask alone."""
    if low <= row < high:
        store(mask, place, factor)


def four_factors(place, sample, last, used, rate, stream, key, step):
    """16 factors for each of four rows of a block, 0 in unused lanes: one call of the generator serves all four.

    The block, a sample and the last word of the counter tell these numbers from all others of a stream and step.
    """
    first, second, third, fourth = philox(
        lane_numbers() + splat(uint32(place * LANES)),
        splat(uint32(step[STEP])),
        splat(uint32(step[POSITION] + sample)),
        splat(uint32(last)),
        uint32(key),
        uint32(key >> 32) ^ uint32(stream),
    )
    return (
        factors_of(first, used, rate),
        factors_of(second, used, rate),
        factors_of(third, used, rate),
        factors_of(fourth, used, rate),
    )


def factors_of(bits, used, rate):
    """0 where random bits are below the rate, else 1 / (1 - rate)."""
    kept = select(used, constant(1.0 / (1.0 - rate)), constant(0))
    return select(bits >= splat(uint32(rate * 4294967296.0)), kept, constant(0))
