"""Padded sequences: rows are steps, one sequence after the other in each block of channels."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.embedding import code_at
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import used_lanes
from dltool.kernels.cpu.operands import Codes, Integers
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.vector import constant, load, select, splat, store
from dltool.kernels.records import LANES


@kernel
def lengths(codes: Codes, lengths: Integers, step, low, high):
    """lengths () = how many of codes (…, T) are not negative, at least 1; overwrites lengths."""
    count = codes.rows_per_sample * codes.channels
    for sample in range(low, high):
        known = 0
        for element in range(sample * count, (sample + 1) * count):
            known += code_at(codes, element) >= 0
        lengths[sample] = max(known, 1)


@kernel
def window_lengths(lengths: Integers, windows: Integers, reach, stride, padding, step, low, high):
    """windows () = how many windows fit into lengths () steps, at least 1; overwrites windows."""
    for sample in range(low, high):
        room = max(lengths[sample], 1) + 2 * padding - reach
        windows[sample] = room // stride + 1 if room > 0 else 1


def steps_of(lengths, sample, steps):
    """How many steps of a sequence count."""
    return min(max(lengths[0][sample], 1), steps) if len(lengths) > 0 else steps


@kernel
def mask(x, lengths: Integers, y, fill, step, low, high):
    """y (T, C) = x in the first lengths () steps, and `fill` behind; overwrites y."""
    steps = x.rows_per_sample
    for block in range(x.blocks):
        source, target = at(x, block * x.rows), at(y, block * y.rows)
        behind = select(used_lanes(block, x.channels), splat(float32(fill)), constant(0))
        for sample in range(low, high):
            counting = min(max(lengths[sample], 1), steps)
            for row in range(sample * steps, (sample + 1) * steps):
                here = load(source, row * LANES) if row - sample * steps < counting else behind
                store(target, row * LANES, here)


@kernel
def last_step(x, lengths: Integers, y, step, low, high):
    """y (C,) = the last of the steps of x (T, C) that count; overwrites y."""
    steps = x.rows_per_sample
    for block in range(x.blocks):
        for sample in range(low, high):
            row = block * x.rows + sample * steps + steps_of(lengths, sample, steps) - 1
            store(y, (block * y.rows + sample) * LANES, load(x, row * LANES))


@kernel
def last_step_gradient(dy, lengths: Integers, dx, steps, step, low, high):
    """dx (T, C) = dy (C,) at the last step that counts, 0 elsewhere; overwrites dx."""
    for block in range(dx.blocks):
        for sample in range(low, high):
            first, last = block * dx.rows + sample * steps, steps_of(lengths, sample, steps) - 1
            slope = load(dy, (block * dy.rows + sample) * LANES)
            for i in range(steps):
                store(dx, (first + i) * LANES, slope if i == last else constant(0))


@kernel
def mean_steps(x, lengths: Integers, y, step, low, high):
    """y (C,) = the mean of the first lengths () steps of x (T, C); overwrites y."""
    steps = x.rows_per_sample
    for block in range(x.blocks):
        for sample in range(low, high):
            first, count = block * x.rows + sample * steps, min(max(lengths[sample], 1), steps)
            total = constant(0)
            for i in range(count):
                total = total + load(x, (first + i) * LANES)
            store(y, (block * y.rows + sample) * LANES, total / splat(float32(count)))


@kernel
def mean_steps_gradient(dy, lengths: Integers, dx, steps, step, low, high):
    """dx (T, C) = dy (C,) / lengths () in the first lengths () steps, 0 behind; overwrites dx."""
    for block in range(dx.blocks):
        for sample in range(low, high):
            first, count = block * dx.rows + sample * steps, min(max(lengths[sample], 1), steps)
            slope = load(dy, (block * dy.rows + sample) * LANES) / splat(float32(count))
            for i in range(steps):
                store(dx, (first + i) * LANES, slope if i < count else constant(0))


@kernel
def reverse(x, lengths: Integers, y, step, low, high):
    """y (T, C) = x (T, C) with the steps that count in reverse; overwrites y."""
    steps = x.rows_per_sample
    for block in range(x.blocks):
        for sample in range(low, high):
            first, count = block * x.rows + sample * steps, steps_of(lengths, sample, steps)
            for i in range(steps):
                source = count - 1 - i if i < count else i
                store(y, (first + i) * LANES, load(x, (first + source) * LANES))
