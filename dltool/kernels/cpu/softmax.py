"""Softmax over the channels of each row."""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.elementary import exp
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import (
    get_lane,
    max_lanes,
    max_rows_of_lanes,
    sum_lanes,
    sum_rows_of_lanes,
    used_lanes,
)
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.vector import constant, load, select, splat, store
from dltool.kernels.records import LANES


def row_maximum(x, stride, width):
    """The largest channel of a row, lane-wise over its blocks and then across the lanes."""
    largest = constant(-inf)
    for block in range((width + LANES - 1) // LANES):
        value = select(used_lanes(block, width), load(x, block * stride), constant(-inf))
        largest = select(value > largest, value, largest)
    return max_lanes(largest)


def softmax_row(x, p, stride, width):
    """p = eˣ⁻ᵐ / Σ eˣ⁻ᵐ over one row; returns the maximum m and the sum."""
    maximum = row_maximum(x, stride, width)
    total = constant(0)
    for block in range((width + LANES - 1) // LANES):
        e = exp(load(x, block * stride) - splat(maximum))
        e = select(used_lanes(block, width), e, constant(0))
        store(p, block * stride, e)
        total = total + e
    weight = sum_lanes(total)
    inverse = splat(float32(1) / weight)
    for block in range((width + LANES - 1) // LANES):
        store(p, block * stride, load(p, block * stride) * inverse)
    return maximum, weight


def softmax_16_rows(x, p, width):
    """The same for 16 rows of one block at once, with the same bits: a lane for each row's maximum and sum."""
    used = used_lanes(0, width)
    for i in range(LANES):
        store(at(p, i), 0, select(used, load(at(x, i), 0), constant(-inf)))
    maxima = max_rows_of_lanes(p)
    for i in range(LANES):
        e = exp(load(at(x, i), 0) - splat(get_lane(maxima, i)))
        store(at(p, i), 0, select(used, e, constant(0)))
    sums = sum_rows_of_lanes(p)
    inverse = constant(1) / sums
    for i in range(LANES):
        store(at(p, i), 0, load(at(p, i), 0) * splat(get_lane(inverse, i)))
    return maxima, sums


@kernel
def softmax(x, p, step, low, high):
    """p (…, C) = eˣ / Σ eˣ; overwrites p."""
    stride, width = x.rows * LANES, x.channels
    for row in range(low * x.rows_per_sample, high * x.rows_per_sample):
        softmax_row(at(x, row), at(p, row), stride, width)


@kernel
def softmax_gradient(dp, p, dx, step, low, high):
    """dx (…, C) = p · (dp - Σ dp · p); overwrites dx."""
    stride, width = dp.rows * LANES, dp.blocks
    for row in range(low * dp.rows_per_sample, high * dp.rows_per_sample):
        total = constant(0)
        for block in range(width):
            place = block * stride + row * LANES
            total = total + load(dp, place) * load(p, place)
        mean = splat(sum_lanes(total))
        for block in range(width):
            place = block * stride + row * LANES
            store(dx, place, load(p, place) * (load(dp, place) - mean))
