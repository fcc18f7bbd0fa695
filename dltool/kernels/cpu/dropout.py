"""Dropout, with random numbers that depend only on the seed, the layer, the step and the position."""

from __future__ import annotations

from numpy import uint32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import lane_numbers
from dltool.kernels.cpu.philox import philox
from dltool.kernels.cpu.softmax import used_lanes
from dltool.kernels.cpu.vector import constant, inlined, load, select, splat, store
from dltool.kernels.records import LANES, POSITION, STEP


@kernel
def dropout(x, y, mask, rate, stream, key, step, low, high):
    """y = x · mask with mask 0 (by chance `rate`) or 1 / (1 - rate); overwrites y and mask.

    One call of the generator serves four rows of a block: its outputs belong to rows 4g, 4g + 1, 4g + 2, 4g + 3.
    """
    low, high = low * x.rows_per_sample, high * x.rows_per_sample
    threshold = splat(uint32(rate * 4294967296.0))
    whole = constant(1.0 / (1.0 - rate))
    stride, width = x.rows * LANES, x.blocks
    key_low, key_high = uint32(key), uint32(key >> 32) ^ uint32(stream)
    for block in range(width):
        kept = select(used_lanes(block, x.channels), whole, constant(0))
        for group in range(low // 4, (high + 3) // 4):
            counter = lane_numbers() + splat(uint32((group * width + block) * LANES))
            first, second, third, fourth = philox(
                counter,
                splat(uint32(step[STEP])),
                splat(uint32(step[POSITION])),
                splat(uint32(stream)),
                key_low,
                key_high,
            )
            place = block * stride + group * 4 * LANES
            keep(x, y, mask, place, group * 4, low, high, first >= threshold, kept)
            keep(x, y, mask, place + LANES, group * 4 + 1, low, high, second >= threshold, kept)
            keep(x, y, mask, place + 2 * LANES, group * 4 + 2, low, high, third >= threshold, kept)
            keep(x, y, mask, place + 3 * LANES, group * 4 + 3, low, high, fourth >= threshold, kept)


@inlined
def keep(x, y, mask, place, row, low, high, chosen, kept):
    """Write one row of a block, where it belongs to this thread."""
    if low <= row < high:
        factor = select(chosen, kept, constant(0))
        store(mask, place, factor)
        store(y, place, load(x, place) * factor)
