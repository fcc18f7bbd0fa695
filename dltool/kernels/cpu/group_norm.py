"""Group normalization: over all positions of a sample and some channels, which need not fill blocks of 16.

Sums are made for each channel first, a block at a time, and then added up and repeated within the groups.
"""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.channels import place
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import used_lanes
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.sums import column_products, column_sums
from dltool.kernels.cpu.vector import constant, fma, load, select, splat, sqrt, store
from dltool.kernels.cpu.workspace import group_norm_gradient_space
from dltool.kernels.records import LANES


def average_groups(sums, stride, width, groups, positions):
    """The sums of the channels, `stride` vectors apart, become the means of their groups."""
    size = width // groups
    share = float32(1) / float32(size * positions)
    for group in range(groups):
        total = float32(0)
        for channel in range(group * size, (group + 1) * size):
            total += sums[place(channel, 0, stride)]
        for channel in range(group * size, (group + 1) * size):
            sums[place(channel, 0, stride)] = total * share


@kernel
def group_norm(x, gain, bias, y, normalized, inverse_std, groups, eps, step, low, high):
    """y (…, C) = n · gain + bias with n = (x - mean) · s, s (C) = 1 / √(variance + eps); overwrites y, n and s."""
    stride, samples, width, count = x.rows, inverse_std.rows, x.channels, x.rows_per_sample
    eps = splat(float32(eps))
    for sample in range(low, high):
        sums = at(inverse_std, sample)  # also holds the means before
        for block in range(x.blocks):
            store(sums, block * samples * LANES, column_sums(at(x, block * stride + sample * count), count))
        average_groups(sums, samples, width, groups, count)
        for block in range(x.blocks):
            mean, here = load(sums, block * samples * LANES), block * stride + sample * count
            for i in range(here * LANES, (here + count) * LANES, LANES):
                store(normalized, i, load(x, i) - mean)
            squares = column_products(at(normalized, here), at(normalized, here), count)
            store(sums, block * samples * LANES, squares)
        average_groups(sums, samples, width, groups, count)
        for block in range(x.blocks):
            variance, here = load(sums, block * samples * LANES), block * stride + sample * count
            scale = select(used_lanes(block, width), constant(1) / sqrt(variance + eps), constant(0))
            store(sums, block * samples * LANES, scale)
            factor, shift = load(gain, block * LANES), load(bias, block * LANES)
            for i in range(here * LANES, (here + count) * LANES, LANES):
                value = load(normalized, i) * scale
                store(normalized, i, value)
                store(y, i, fma(value, factor, shift))


@kernel
def group_norm_gradient(dy, normalized, inverse_std, gain, dx, groups, workspace, step, low, high):
    """dx = s · (h - mean h - n · mean(h · n)) with h = dy · gain; overwrites dx."""
    stride, samples, width, count = dy.rows, inverse_std.rows, dy.channels, dy.rows_per_sample
    first, _ = group_norm_gradient_space(dy.blocks)
    plain, along = workspace, at(workspace, first)
    for sample in range(low, high):
        for block in range(dy.blocks):
            here, factor = block * stride + sample * count, load(gain, block * LANES)
            store(plain, block * LANES, column_sums(at(dy, here), count) * factor)
            store(along, block * LANES, column_products(at(dy, here), at(normalized, here), count) * factor)
        average_groups(plain, 1, width, groups, count)
        average_groups(along, 1, width, groups, count)
        for block in range(dy.blocks):
            here, factor = block * stride + sample * count, load(gain, block * LANES)
            mean, slope = load(plain, block * LANES), load(along, block * LANES)
            scale = load(inverse_std, (block * samples + sample) * LANES)
            for i in range(here * LANES, (here + count) * LANES, LANES):
                store(dx, i, scale * (load(dy, i) * factor - mean - load(normalized, i) * slope))
