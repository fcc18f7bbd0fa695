"""Gradients of convolution weights: fixed groups of samples have a part each, made while a sample is in the cache.

A part is a block of 16 × 16 numbers at a time, in registers over all pixels of a sample. Parts are added in the order
of the groups, so the sum has the same bits however many threads work on it.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.arguments import advance, at, attribute, blocks, channels, floats, origin, rows
from dltool.kernels.cpu.image import (
    OPERANDS,
    behind_table,
    clear,
    copy_padded,
    lies_bare,
    reached,
    rows_of_tiles,
    set_tap,
    sizes,
    steps,
    table_of,
    tiles_of,
    workspace,
)
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.vector import constant, inlined, load, store
from dltool.kernels.records import BATCH, GEOMETRY_FIELDS, LANES

#: pixels of several samples that are worked on together, so that those of x and dy stay in the first-level cache
LINE = 128


@kernel
def conv_weight_gradient(a, step, low, high):
    """dw (groups, kh, kw, C, N) = Σ over a group's samples of x (H, W, C) at the place · dy (h, w, N).

    Works on the pairs of a group and a block of N between `low` and `high`; overwrites their part of dw.
    """
    x, dy = floats(a, 0), floats(a, 1)
    height, width, out_height, out_width, _, _ = sizes(a)
    stride_height, stride_width, _, _, top, left = steps(a)
    depth, all_rows, columns = blocks(a, 0), rows(a, 0), blocks(a, 2)
    groups, tiles, space = attribute(a, OPERANDS, GEOMETRY_FIELDS), tiles_of(a, 1), workspace(a, 1)
    all_height, all_width = reached(a)
    table = table_of(space)
    zeros = behind_table(space, out_height)
    image = at(zeros, 1)
    store(zeros, 0, constant(0))
    narrow = channels(a, 0) < LANES
    bare = lies_bare(a) and not narrow
    pixel = channels(a, 0) if narrow else LANES
    line = (width if bare else all_width) * pixel
    between = all_rows * LANES if bare else all_height * line
    joined = _samples_together(a) if bare else 1
    for row in range(out_height):
        set_tap(table, row, row * stride_height * line, row * out_width * LANES, out_width)
    if not bare:
        clear(image, (depth * between + LANES - 1) // LANES)
    for group in range(low // columns, (high - 1) // columns + 1):
        first, end = group * step[BATCH] // groups, (group + 1) * step[BATCH] // groups
        begin, stop = max(0, low - group * columns), min(columns, high - group * columns)
        if first == end:
            _clear_part(a, group, begin, stop)
        for sample in range(first, end, joined):
            source = at(x, sample * height * width)
            if joined > 1:
                set_tap(table, 0, 0, 0, min(joined, end - sample) * out_width)
            if narrow:
                copy_narrow(source, height, width, image, top, left, all_height, all_width, pixel)
            elif not bare:
                for block in range(depth):
                    target = advance(image, block * between)
                    copy_padded(
                        at(source, block * all_rows), height, width, target, top, left, all_height, all_width, 1
                    )
            for block in range(begin, stop):
                upstream = at(dy, block * rows(a, 1) + sample * out_height * out_width)
                seen = source if bare else image
                _add_sample(
                    tiles,
                    a,
                    group,
                    block,
                    sample == first,
                    table,
                    seen,
                    upstream,
                    zeros,
                    between,
                    line,
                    pixel * stride_width,
                )


@inlined
def _samples_together(a):
    """Samples whose pixels are one line, where a kernel of a single place sees all of them and nothing else."""
    height, width, out_height, out_width, kernel_height, kernel_width = sizes(a)
    if height * out_height * kernel_height * kernel_width > 1 or width != out_width:
        return 1
    return max(1, LINE // out_width)


@inlined
def _add_sample(tiles, a, group, block, fresh, table, image, upstream, zeros, between, line, pixel_step):
    """One sample's share of a block of columns: line by line of the kernel, or place by place."""
    _, _, out_height, _, kernel_height, kernel_width = sizes(a)
    _, _, dilation_height, dilation_width, _, _ = steps(a)
    width, depth = channels(a, 0), blocks(a, 0)
    pixel = width if width < LANES else LANES
    # places side by side in a line of narrow pixels are as one with more channels
    joined = kernel_width if width < LANES and dilation_width == 1 else 1
    part = at(floats(a, 2), block * rows(a, 2) + group * kernel_height * kernel_width * width)
    for k in range(kernel_height):
        for place in range(kernel_width // joined):
            m = place * joined
            for i in range(depth):
                count = joined * width if width < LANES else min(LANES, width - i * LANES)
                source = advance(image, i * between + k * dilation_height * line + m * dilation_width * pixel)
                out = at(part, (k * kernel_width + m) * width + i * LANES)
                start, start_step = (zeros, 0) if fresh else (out, LANES)
                rows_of_tiles(
                    tiles,
                    count,
                    out_height,
                    table,
                    source,
                    1,
                    pixel_step,
                    upstream,
                    start,
                    start_step,
                    out,
                    float32(-inf),
                )


@inlined
def copy_narrow(source, height, width, target, top, left, all_height, all_width, pixel):
    """An image of fewer than 16 channels into a larger one with zeros around it, its pixels side by side."""
    for row in range(max(0, -top), min(height, all_height - top)):
        for column in range(max(0, -left), min(width, all_width - left)):
            place = ((row + top) * all_width + column + left) * pixel
            for channel in range(pixel):
                target[place + channel] = source[(row * width + column) * LANES + channel]


@inlined
def _clear_part(a, group, begin, stop):
    """Zero what a group without samples adds."""
    _, _, _, _, kernel_height, kernel_width = sizes(a)
    count = kernel_height * kernel_width * channels(a, 0)
    for block in range(begin, stop):
        clear(at(floats(a, 2), block * rows(a, 2) + group * count), count)


@kernel
def sum_groups(a, step, low, high):
    """y (…) = Σ over groups of x (groups, …), for some vectors of y; overwrites them."""
    x, y, groups, count, stored = floats(a, 0), floats(a, 1), attribute(a, 2, 0), attribute(a, 2, 1), rows(a, 1)
    y = at(y, -origin(a, 1, low))
    for vector in range(low, high):
        block, row = vector // stored, vector % stored
        total = constant(0)
        if row < count:
            source = at(x, block * rows(a, 0) + row)
            for group in range(groups):
                total = total + load(source, group * count * LANES)
        store(y, vector * LANES, total)
