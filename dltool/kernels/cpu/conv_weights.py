"""Gradients of convolution weights: fixed groups of samples have a part each, made while a sample is in the cache.

A part is a block of 16 × 16 numbers at a time, in registers over all pixels of a sample. Parts are added in the order
of the groups, so the sum has the same bits however many threads work on it.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.image import copy_padded, lies_bare
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.pointers import advance, as_integers, at
from dltool.kernels.cpu.product import columns_together, rows_of_tiles, set_tap
from dltool.kernels.cpu.vector import clear_vectors, constant, load, store
from dltool.kernels.cpu.workspace import conv_weight_gradient_space
from dltool.kernels.geometry import covered, taps
from dltool.kernels.records import BATCH, LANES

#: pixels of several samples that are worked on together, so that those of x and dy stay in the first-level cache
LINE = 128


@kernel
def conv_weight_gradient(x, dy, dw, geometry, groups, tiles, workspace, step, low, high):
    """dw (groups, kh, kw, C, N) = Σ over a group's samples of x (H, W, C) at the tap · dy (h, w, N).

    Works on the pairs of a group and a block of N between `low` and `high`; overwrites their part of dw.
    """
    g, depth, columns = geometry, x.blocks, dw.blocks
    all_height, all_width = covered(g)
    places = conv_weight_gradient_space(g, depth)
    table, zeros, image = as_integers(workspace), at(workspace, places[0]), at(workspace, places[1])
    store(zeros, 0, constant(0))
    narrow = x.channels < LANES
    bare = lies_bare(g) and not narrow
    pixel = x.channels if narrow else LANES
    line = (g.width if bare else all_width) * pixel
    between = x.rows * LANES if bare else all_height * line
    joined = _samples_together(g) if bare else 1
    for row in range(g.out_height):
        set_tap(table, row, row * g.stride_height * line, row * g.out_width * LANES, g.out_width)
    if not bare:
        clear_vectors(image, (depth * between + LANES - 1) // LANES)
    for group in range(low // columns, (high - 1) // columns + 1):
        first, end = group * step[BATCH] // groups, (group + 1) * step[BATCH] // groups
        begin, stop = max(0, low - group * columns), min(columns, high - group * columns)
        if first == end:
            clear_part(g, x.channels, dw, group, begin, stop)
        for sample in range(first, end, joined):
            source = at(x, sample * g.height * g.width)
            if joined > 1:
                set_tap(table, 0, 0, 0, min(joined, end - sample) * g.out_width)
            if not bare:
                _pad(x, g, source, image, between)
                source = image
            block = begin
            while block < stop:
                together = columns_together(stop - block)
                upstream = at(dy, block * dy.rows + sample * g.out_height * g.out_width), dy.rows * LANES
                part = at(dw, block * dw.rows + group * taps(g) * x.channels), dw.rows * LANES
                _add_sample(
                    tiles, g, x.channels, depth, together, part, sample == first, table, source, upstream,
                    zeros, between, line, pixel * g.stride_width,
                )  # fmt: skip
                block += together


def _pad(x, g, source, image, between):
    """Copy a sample with zeros around it: blocks `between` floats apart, or fewer than 16 channels side by side."""
    all_height, all_width = covered(g)
    if x.channels < LANES:
        copy_narrow(source, g.height, g.width, image, g.top, g.left, all_height, all_width, x.channels)
        return
    for block in range(x.blocks):
        copy_padded(
            at(source, block * x.rows), g.height, g.width, advance(image, block * between), g.top, g.left,
            all_height, all_width, 1,
        )  # fmt: skip


def _samples_together(g):
    """Samples whose pixels are one line, where a kernel of a single tap sees all of them and nothing else."""
    if g.height * g.out_height * taps(g) > 1 or g.width != g.out_width:
        return 1
    return max(1, LINE // g.out_width)


def _add_sample(
    tiles, g, channels, depth, columns, part, fresh, table, image, upstream, zeros, between, line, pixel_step
):  # fmt: skip
    """One sample's share of some blocks of columns: line by line of the kernel, or tap by tap."""
    narrow = channels < LANES
    pixel = channels if narrow else LANES
    # taps side by side in a line of narrow pixels are as one with more channels
    joined = g.kernel_width if narrow and g.dilation_width == 1 else 1
    for k in range(g.kernel_height):
        for place in range(g.kernel_width // joined):
            m = place * joined
            for i in range(depth):
                count = joined * channels if narrow else min(LANES, channels - i * LANES)
                source = advance(image, i * between + k * g.dilation_height * line + m * g.dilation_width * pixel)
                out = at(part[0], (k * g.kernel_width + m) * channels + i * LANES), part[1]
                start = (zeros, 0, 0) if fresh else (out[0], LANES, out[1])
                rows_of_tiles(
                    tiles, count, columns, g.out_height, table, source, 1, pixel_step, upstream, start, out,
                    float32(-inf),
                )  # fmt: skip


def copy_narrow(source, height, width, target, top, left, all_height, all_width, pixel):
    """An image of fewer than 16 channels into a larger one with zeros around it, its pixels side by side."""
    for row in range(max(0, -top), min(height, all_height - top)):
        for column in range(max(0, -left), min(width, all_width - left)):
            place = ((row + top) * all_width + column + left) * pixel
            for channel in range(pixel):
                target[place + channel] = source[(row * width + column) * LANES + channel]


def clear_part(g, channels, dw, group, begin, stop):
    """Zero what a group without samples adds."""
    count = taps(g) * channels
    for block in range(begin, stop):
        clear_vectors(at(dw, block * dw.rows + group * count), count)


@kernel
def sum_groups(x, y, groups, rows, step, low, high):
    """y (…) = Σ over groups of x (groups, …), for some vectors of y; overwrites them."""
    stored, y = y.rows, chunk(y, low)
    for vector in range(low, high):
        block, row = vector // stored, vector % stored
        total = constant(0)
        if row < rows:
            source = at(x, block * x.rows + row)
            for group in range(groups):
                total = total + load(source, group * rows * LANES)
        store(y, vector * LANES, total)
