"""Pools of images: a block of 16 channels of one sample at a time, windows clipped to what lies within the image."""

from __future__ import annotations

from typing import Any

from numpy import float32

from dltool.kernels.compiler.instruction import instruction
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.sums import column_sums
from dltool.kernels.cpu.vector import clear_vectors, constant, floats16, load, mask16, select, splat, store
from dltool.kernels.records import LANES


@instruction
def greater_or_nan(x: Any, y: Any):
    """Lane by lane: x > y, or x is NaN."""

    def emit(builder: Any, args: Any) -> Any:
        x, y = args
        return builder.or_(builder.fcmp_ordered(">", x, y), builder.fcmp_unordered("uno", x, x))

    return mask16(floats16, floats16), emit


@instruction
def equal_or_nan(x: Any, y: Any):
    """Lane by lane: x = y, or x is NaN."""

    def emit(builder: Any, args: Any) -> Any:
        x, y = args
        return builder.or_(builder.fcmp_ordered("==", x, y), builder.fcmp_unordered("uno", x, x))

    return mask16(floats16, floats16), emit


def within(start, count, size):
    """First and end of the `count` positions from `start` on that lie within an axis of `size`."""
    return max(start, 0), min(start + count, size)


def window_rows(g, i):
    """First and last row + 1 of the windows of row `i`."""
    start = i * g.stride_height - g.top
    return within(start, g.kernel_height, g.height)


def window_columns(g, j):
    """First and last column + 1 of the windows of column `j`."""
    start = j * g.stride_width - g.left
    return within(start, g.kernel_width, g.width)


def positions(g):
    """Pixels of an image and of what is pooled of it."""
    size = g.height * g.width
    return size, g.out_height * g.out_width


def overlapping(g):
    """Whether a pixel may lie in several windows."""
    high = g.kernel_height > g.stride_height
    return high or g.kernel_width > g.stride_width


def tiled(g):
    """Whether every pixel lies in exactly one window, so that a gradient needs no clearing first."""
    down, right = g.stride_height, g.stride_width
    moves = g.kernel_height == down and g.kernel_width == right
    lies = g.top == 0 and g.left == 0
    as_high = g.out_height * down == g.height
    as_wide = g.out_width * right == g.width
    return moves and lies and as_high and as_wide


def largest_of(image, width, height, count):
    """The largest of `count` columns in each of `height` rows."""
    largest = load(image, 0)
    for row in range(height):
        for place in range(row * width, row * width + count):
            value = load(image, place * LANES)
            largest = select(greater_or_nan(value, largest), value, largest)
    return largest


@kernel
def max_pool(x, y, geometry, step, low, high):
    """y (h, w, C) = the largest of each window of x (H, W, C); overwrites y."""
    width, out_height, out_width = geometry.width, geometry.out_height, geometry.out_width
    size, out_size = positions(geometry)
    for block in range(x.blocks):
        for sample in range(low, high):
            image, out = at(x, block * x.rows + sample * size), at(y, block * y.rows + sample * out_size)
            for i in range(out_height):
                top, bottom = window_rows(geometry, i)
                for j in range(out_width):
                    left, right = window_columns(geometry, j)
                    seen, height, count = at(image, top * width + left), bottom - top, right - left
                    if height == 2 and count == 2:  # the usual sizes, without loops
                        largest = largest_of(seen, width, 2, 2)
                    elif height == 3 and count == 3:
                        largest = largest_of(seen, width, 3, 3)
                    else:
                        largest = largest_of(seen, width, height, count)
                    store(out, (i * out_width + j) * LANES, largest)


def give_to_largest(image, target, width, height, count, largest, rest, adds):
    """`rest` to the first pixel of a window that is its largest; the other pixels get, or are left with, nothing."""
    for row in range(height):
        for place in range(row * width, row * width + count):
            found = equal_or_nan(load(image, place * LANES), largest)
            part = select(found, rest, constant(0))
            store(target, place * LANES, part + load(target, place * LANES) if adds else part)
            rest = select(found, constant(0), rest)


@kernel
def max_pool_gradient(x, y, dy, dx, geometry, step, low, high):
    """dx (H, W, C): each dy goes to the first element of its window of x that equals y; overwrites dx."""
    width, out_height, out_width = geometry.width, geometry.out_height, geometry.out_width
    size, out_size = positions(geometry)
    adds, whole = overlapping(geometry), tiled(geometry)
    for block in range(x.blocks):
        for sample in range(low, high):
            here = block * y.rows + sample * out_size
            image, out, upstream = at(x, block * x.rows + sample * size), at(y, here), at(dy, here)
            target = at(dx, block * dx.rows + sample * size)
            if not whole:
                clear_vectors(target, size)
            for i in range(out_height):
                top, bottom = window_rows(geometry, i)
                for j in range(out_width):
                    left, right = window_columns(geometry, j)
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


def share(g, include_padding, pixels):
    """1 / elements of a window that has `pixels` of them within the image."""
    if include_padding != 0:
        pixels = g.kernel_height * g.kernel_width
    return splat(float32(1) / float32(pixels))


def sum_of(image, width, height, count):
    """The sum of `count` columns in each of `height` rows."""
    total = constant(0)
    for row in range(height):
        total = total + column_sums(at(image, row * width), count)
    return total


@kernel
def average_pool(x, y, geometry, include_padding, step, low, high):
    """y (h, w, C) = the mean of each window of x (H, W, C); overwrites y."""
    width, out_height, out_width = geometry.width, geometry.out_height, geometry.out_width
    size, out_size = positions(geometry)
    for block in range(x.blocks):
        for sample in range(low, high):
            image, out = at(x, block * x.rows + sample * size), at(y, block * y.rows + sample * out_size)
            for i in range(out_height):
                top, bottom = window_rows(geometry, i)
                for j in range(out_width):
                    left, right = window_columns(geometry, j)
                    seen, height, count = at(image, top * width + left), bottom - top, right - left
                    if height == 2 and count == 2:
                        total = sum_of(seen, width, 2, 2)
                    else:
                        total = sum_of(seen, width, height, count)
                    store(out, (i * out_width + j) * LANES, total * share(geometry, include_padding, height * count))


def give_to_all(target, width, height, count, part, adds):
    """`part` to every pixel of a window."""
    for row in range(height):
        for place in range(row * width, row * width + count):
            store(target, place * LANES, part + load(target, place * LANES) if adds else part)


@kernel
def average_pool_gradient(dy, dx, geometry, include_padding, step, low, high):
    """dx (H, W, C): each dy is shared out evenly among the pixels of its window; overwrites dx."""
    width, out_height, out_width = geometry.width, geometry.out_height, geometry.out_width
    size, out_size = positions(geometry)
    adds, whole = overlapping(geometry), tiled(geometry)
    for block in range(dy.blocks):
        for sample in range(low, high):
            upstream = at(dy, block * dy.rows + sample * out_size)
            target = at(dx, block * dx.rows + sample * size)
            if not whole:
                clear_vectors(target, size)
            for i in range(out_height):
                top, bottom = window_rows(geometry, i)
                for j in range(out_width):
                    left, right = window_columns(geometry, j)
                    given, height, count = at(target, top * width + left), bottom - top, right - left
                    part = load(upstream, (i * out_width + j) * LANES) * share(
                        geometry, include_padding, height * count
                    )
                    if height == 2 and count == 2 and not adds:
                        give_to_all(given, width, 2, 2, part, False)
                    else:
                        give_to_all(given, width, height, count, part, adds)
