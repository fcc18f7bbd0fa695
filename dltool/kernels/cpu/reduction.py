"""Sums and means over axes of each sample, and over the samples; `axes` is as in `dltool.kernels.cpu.broadcasting`."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.broadcasting import repetition
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import first_lanes, sum_lanes
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.sums import spaced_products, spaced_sums
from dltool.kernels.cpu.vector import constant, select, splat, store
from dltool.kernels.records import BATCH, LANES


def sums_of_one(a, b, vector, count, distance):
    """Σ of a from a vector on."""
    return spaced_sums(at(a, vector), count, distance)


def sums_of_products(a, b, vector, count, distance):
    """Σ a · b from a vector on."""
    return spaced_products(at(a, vector), at(b, vector), count, distance)


def reduce(sums, a, b, y, axes, factor, low, high):
    """y = factor · Σ over the axes of size 1, for some samples."""
    repeat, inner = repetition(axes)
    all_channels, rows_of_y = y.channels < a.channels, y.rows_per_sample
    factor, lane = splat(float32(factor)), first_lanes(1)
    for row in range(low * rows_of_y, high * rows_of_y):
        source = row // inner * inner * repeat + row % inner
        if all_channels:
            total = constant(0)
            for block in range(a.blocks):
                total = total + sums(a, b, block * a.rows + source, repeat, inner)
            store(y, row * LANES, select(lane, splat(sum_lanes(total)) * factor, constant(0)))
        else:
            for block in range(a.blocks):
                total = sums(a, b, block * a.rows + source, repeat, inner)
                store(y, (block * y.rows + row) * LANES, total * factor)


@kernel
def sum(x, y, axes, step, low, high):  # noqa: A001
    """y (…, 1, …) = Σ x (…), over some axes; overwrites y."""
    reduce(sums_of_one, x, x, y, axes, 1, low, high)


@kernel
def mean(x, y, axes, step, low, high):
    """y (…, 1, …) = the mean of x (…), over some axes; overwrites y."""
    count = x.rows_per_sample // y.rows_per_sample * (x.channels // y.channels)
    reduce(sums_of_one, x, x, y, axes, 1 / count, low, high)


@kernel
def sum_products(a, b, y, axes, step, low, high):
    """y (…, 1, …) = Σ a (…) · b (…), over some axes; overwrites y."""
    reduce(sums_of_products, a, b, y, axes, 1, low, high)


@kernel
def sum_samples(dy, db, step, low, high):
    """db (…) = Σ over samples of dy (…), for some vectors; overwrites these."""
    per, height, samples = dy.rows_per_sample, db.rows, step[BATCH]
    db = chunk(db, low)
    for vector in range(low, high):
        block, row = vector // height, vector % height
        total = spaced_sums(at(dy, block * dy.rows + row), samples, per) if row < per else constant(0)
        store(db, vector * LANES, total)
