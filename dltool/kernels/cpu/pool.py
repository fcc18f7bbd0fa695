"""Pools of images: a block of 16 channels of one sample at a time, windows clipped to what lies within the image."""

from __future__ import annotations

from typing import Any

from numpy import float32

from dltool.kernels.cpu.arguments import at, attribute, blocks, floats, rows
from dltool.kernels.cpu.bias import column_sums
from dltool.kernels.cpu.image import clear
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.vector import constant, floats16, inlined, instruction, load, mask16, select, splat, store
from dltool.kernels.records import (
    GEOMETRY_FIELDS,
    HEIGHT,
    KERNEL_HEIGHT,
    KERNEL_WIDTH,
    LANES,
    LEFT,
    OUT_HEIGHT,
    OUT_WIDTH,
    STRIDE_HEIGHT,
    STRIDE_WIDTH,
    TOP,
    WIDTH,
)


@instruction
def greater_or_nan(typing: Any, x: Any, y: Any):
    """Lane by lane: x > y, or x is NaN."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, y = args
        return builder.or_(builder.fcmp_ordered(">", x, y), builder.fcmp_unordered("uno", x, x))

    return mask16(floats16, floats16), emit


@instruction
def equal_or_nan(typing: Any, x: Any, y: Any):
    """Lane by lane: x = y, or x is NaN."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x, y = args
        return builder.or_(builder.fcmp_ordered("==", x, y), builder.fcmp_unordered("uno", x, x))

    return mask16(floats16, floats16), emit


@inlined
def within(start, count, size):
    """The part of `count` places from `start` on that lies in an axis of `size`."""
    return max(start, 0), min(start + count, size)


@inlined
def window_rows(a, operands, i):
    """First and last row + 1 of the windows of row `i`."""
    start = i * attribute(a, operands, STRIDE_HEIGHT) - attribute(a, operands, TOP)
    return within(start, attribute(a, operands, KERNEL_HEIGHT), attribute(a, operands, HEIGHT))


@inlined
def window_columns(a, operands, j):
    """First and last column + 1 of the windows of column `j`."""
    start = j * attribute(a, operands, STRIDE_WIDTH) - attribute(a, operands, LEFT)
    return within(start, attribute(a, operands, KERNEL_WIDTH), attribute(a, operands, WIDTH))


@inlined
def positions(a, operands):
    """Pixels of an image and of what is pooled of it."""
    size = attribute(a, operands, HEIGHT) * attribute(a, operands, WIDTH)
    return size, attribute(a, operands, OUT_HEIGHT) * attribute(a, operands, OUT_WIDTH)


@inlined
def overlapping(a, operands):
    """Whether a pixel may lie in several windows."""
    high = attribute(a, operands, KERNEL_HEIGHT) > attribute(a, operands, STRIDE_HEIGHT)
    return high or attribute(a, operands, KERNEL_WIDTH) > attribute(a, operands, STRIDE_WIDTH)


@inlined
def tiled(a, operands):
    """Whether every pixel lies in exactly one window, so that a gradient needs no clearing first."""
    down, right = attribute(a, operands, STRIDE_HEIGHT), attribute(a, operands, STRIDE_WIDTH)
    moves = attribute(a, operands, KERNEL_HEIGHT) == down and attribute(a, operands, KERNEL_WIDTH) == right
    lies = attribute(a, operands, TOP) == 0 and attribute(a, operands, LEFT) == 0
    as_high = attribute(a, operands, OUT_HEIGHT) * down == attribute(a, operands, HEIGHT)
    as_wide = attribute(a, operands, OUT_WIDTH) * right == attribute(a, operands, WIDTH)
    return moves and lies and as_high and as_wide


@inlined
def largest_of(image, width, height, count):
    """The largest of `count` columns in each of `height` rows."""
    largest = load(image, 0)
    for row in range(height):
        for place in range(row * width, row * width + count):
            value = load(image, place * LANES)
            largest = select(greater_or_nan(value, largest), value, largest)
    return largest


@kernel
def max_pool(a, step, low, high):
    """y (h, w, C) = the largest of each window of x (H, W, C); overwrites y."""
    x, y = floats(a, 0), floats(a, 1)
    width, out_height, out_width = attribute(a, 2, WIDTH), attribute(a, 2, OUT_HEIGHT), attribute(a, 2, OUT_WIDTH)
    size, out_size = positions(a, 2)
    for block in range(blocks(a, 0)):
        for sample in range(low, high):
            image, out = at(x, block * rows(a, 0) + sample * size), at(y, block * rows(a, 1) + sample * out_size)
            for i in range(out_height):
                top, bottom = window_rows(a, 2, i)
                for j in range(out_width):
                    left, right = window_columns(a, 2, j)
                    seen, height, count = at(image, top * width + left), bottom - top, right - left
                    if height == 2 and count == 2:  # the usual sizes, without loops
                        largest = largest_of(seen, width, 2, 2)
                    elif height == 3 and count == 3:
                        largest = largest_of(seen, width, 3, 3)
                    else:
                        largest = largest_of(seen, width, height, count)
                    store(out, (i * out_width + j) * LANES, largest)


@inlined
def give_to_largest(image, target, width, height, count, largest, rest, adds):
    """`rest` to the first pixel of a window that is its largest; the other pixels get, or are left with, nothing."""
    for row in range(height):
        for place in range(row * width, row * width + count):
            found = equal_or_nan(load(image, place * LANES), largest)
            part = select(found, rest, constant(0))
            store(target, place * LANES, part + load(target, place * LANES) if adds else part)
            rest = select(found, constant(0), rest)


@kernel
def max_pool_gradient(a, step, low, high):
    """dx (H, W, C): each dy goes to the first element of its window of x that equals y; overwrites dx."""
    x, y, dy, dx = floats(a, 0), floats(a, 1), floats(a, 2), floats(a, 3)
    width, out_height, out_width = attribute(a, 4, WIDTH), attribute(a, 4, OUT_HEIGHT), attribute(a, 4, OUT_WIDTH)
    size, out_size = positions(a, 4)
    adds, whole = overlapping(a, 4), tiled(a, 4)
    for block in range(blocks(a, 0)):
        for sample in range(low, high):
            here = block * rows(a, 1) + sample * out_size
            image, out, upstream = at(x, block * rows(a, 0) + sample * size), at(y, here), at(dy, here)
            target = at(dx, block * rows(a, 3) + sample * size)
            if not whole:
                clear(target, size)
            for i in range(out_height):
                top, bottom = window_rows(a, 4, i)
                for j in range(out_width):
                    left, right = window_columns(a, 4, j)
                    seen, given = at(image, top * width + left), at(target, top * width + left)
                    largest = load(out, (i * out_width + j) * LANES)
                    rest = load(upstream, (i * out_width + j) * LANES)
                    height, count = bottom - top, right - left
                    if height == 2 and count == 2 and not adds:
                        give_to_largest(seen, given, width, 2, 2, largest, rest, False)
                    elif height == 3 and count == 3 and adds:
                        give_to_largest(seen, given, width, 3, 3, largest, rest, True)
                    else:
                        give_to_largest(seen, given, width, height, count, largest, rest, adds)


@inlined
def share(a, operands, pixels):
    """1 / elements of a window of which `pixels` lie within the image."""
    if attribute(a, operands, GEOMETRY_FIELDS) != 0:
        pixels = attribute(a, operands, KERNEL_HEIGHT) * attribute(a, operands, KERNEL_WIDTH)
    return splat(float32(1) / float32(pixels))


@inlined
def sum_of(image, width, height, count):
    """The sum of `count` columns in each of `height` rows."""
    total = constant(0)
    for row in range(height):
        total = total + column_sums(at(image, row * width), count)
    return total


@kernel
def average_pool(a, step, low, high):
    """y (h, w, C) = the mean of each window of x (H, W, C); overwrites y."""
    x, y = floats(a, 0), floats(a, 1)
    width, out_height, out_width = attribute(a, 2, WIDTH), attribute(a, 2, OUT_HEIGHT), attribute(a, 2, OUT_WIDTH)
    size, out_size = positions(a, 2)
    for block in range(blocks(a, 0)):
        for sample in range(low, high):
            image, out = at(x, block * rows(a, 0) + sample * size), at(y, block * rows(a, 1) + sample * out_size)
            for i in range(out_height):
                top, bottom = window_rows(a, 2, i)
                for j in range(out_width):
                    left, right = window_columns(a, 2, j)
                    seen, height, count = at(image, top * width + left), bottom - top, right - left
                    if height == 2 and count == 2:
                        total = sum_of(seen, width, 2, 2)
                    else:
                        total = sum_of(seen, width, height, count)
                    store(out, (i * out_width + j) * LANES, total * share(a, 2, height * count))


@inlined
def give_to_all(target, width, height, count, part, adds):
    """`part` to every pixel of a window."""
    for row in range(height):
        for place in range(row * width, row * width + count):
            store(target, place * LANES, part + load(target, place * LANES) if adds else part)


@kernel
def average_pool_gradient(a, step, low, high):
    """dx (H, W, C): each dy is shared out evenly among the pixels of its window; overwrites dx."""
    dy, dx = floats(a, 0), floats(a, 1)
    width, out_height, out_width = attribute(a, 2, WIDTH), attribute(a, 2, OUT_HEIGHT), attribute(a, 2, OUT_WIDTH)
    size, out_size = positions(a, 2)
    adds, whole = overlapping(a, 2), tiled(a, 2)
    for block in range(blocks(a, 0)):
        for sample in range(low, high):
            upstream = at(dy, block * rows(a, 0) + sample * out_size)
            target = at(dx, block * rows(a, 1) + sample * size)
            if not whole:
                clear(target, size)
            for i in range(out_height):
                top, bottom = window_rows(a, 2, i)
                for j in range(out_width):
                    left, right = window_columns(a, 2, j)
                    given, height, count = at(target, top * width + left), bottom - top, right - left
                    part = load(upstream, (i * out_width + j) * LANES) * share(a, 2, height * count)
                    if height == 2 and count == 2 and not adds:
                        give_to_all(given, width, 2, 2, part, False)
                    else:
                        give_to_all(given, width, height, count, part, adds)
