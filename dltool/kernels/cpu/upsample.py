"""Images made larger by whole factors, one block of 16 channels of a sample at a time.

Places between pixels are kept exact: along an axis made f times larger, they are counted in steps of 1 / 2f pixel.
"""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.arguments import at, attribute, blocks, floats, rows
from dltool.kernels.cpu.border import copy
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.vector import constant, fma, inlined, load, splat, store
from dltool.kernels.records import LANES


@inlined
def sizes(a):
    """Height and width of the small side, and how many times larger the other is."""
    return attribute(a, 2, 0), attribute(a, 2, 1), attribute(a, 2, 2), attribute(a, 2, 3)


@inlined
def sides(a, block, sample, small, large):
    """Where a block of a sample of the small and of the large side begins, given which operands they are."""
    height, width, down, right = sizes(a)
    size = height * width
    first = at(floats(a, small), block * rows(a, small) + sample * size)
    return first, at(floats(a, large), block * rows(a, large) + sample * size * down * right)


@kernel
def upsample_nearest(a, step, low, high):
    """y (H · f, W · g, C): every pixel of x (H, W, C) f · g times; overwrites y."""
    height, width, down, right = sizes(a)
    line = width * right
    for block in range(blocks(a, 0)):
        for sample in range(low, high):
            x, y = sides(a, block, sample, 0, 1)
            for row in range(height):
                first = at(y, row * down * line)
                for column in range(width):
                    value = load(x, (row * width + column) * LANES)
                    for j in range(column * right, (column + 1) * right):
                        store(first, j * LANES, value)
                for i in range(1, down):
                    copy(first, at(first, i * line), line)


@kernel
def upsample_nearest_gradient(a, step, low, high):
    """dx (H, W, C) = Σ of dy (H · f, W · g, C) over the pixels that show the same one; overwrites dx."""
    height, width, down, right = sizes(a)
    line = width * right
    for block in range(blocks(a, 0)):
        for sample in range(low, high):
            dx, dy = sides(a, block, sample, 1, 0)
            for row in range(height):
                for column in range(width):
                    total = constant(0)
                    for i in range(row * down, (row + 1) * down):
                        for place in range(i * line + column * right, i * line + (column + 1) * right):
                            total = total + load(dy, place * LANES)
                    store(dx, (row * width + column) * LANES, total)


@inlined
def read_at(i, factor, size):
    """Where place `i` of the larger axis is read: pixel before, pixel after, and the weight of that."""
    place = min(max(2 * i + 1 - factor, 0), 2 * factor * (size - 1))
    first, part = place // (2 * factor), place % (2 * factor)
    return first, first + min(part, 1), float32(part) / float32(2 * factor)


@inlined
def between(x, y, weight):
    """x · (1 - weight) + y · weight."""
    return fma(y, splat(weight), x * splat(float32(1) - weight))


@kernel
def upsample_bilinear(a, step, low, high):
    """y (H · f, W · g, C): x (H, W, C) linearly between pixel centres, clamped at the edges; overwrites y."""
    height, width, down, right = sizes(a)
    for block in range(blocks(a, 0)):
        for sample in range(low, high):
            x, y = sides(a, block, sample, 0, 1)
            for i in range(height * down):
                above, below, share = read_at(i, down, height)
                upper, lower = at(x, above * width), at(x, below * width)
                for j in range(width * right):
                    before, after, part = read_at(j, right, width)
                    high_value = between(load(upper, before * LANES), load(upper, after * LANES), part)
                    low_value = between(load(lower, before * LANES), load(lower, after * LANES), part)
                    store(y, (i * width * right + j) * LANES, between(high_value, low_value, share))


@inlined
def readers(pixel, factor, size):
    """First and last place + 1 of the larger axis that read a pixel."""
    first = 0 if pixel == 0 else (2 * factor * (pixel - 1) + factor - 1) // 2 + 1
    end = size * factor if pixel == size - 1 else (2 * factor * (pixel + 1) + factor) // 2
    return first, end


@inlined
def weight_at(i, pixel, factor, size):
    """The weight that a pixel has at place `i` of the larger axis, which reads it."""
    place = min(max(2 * i + 1 - factor, 0), 2 * factor * (size - 1))
    return float32(1) - float32(abs(place - 2 * factor * pixel)) / float32(2 * factor)


@kernel
def upsample_bilinear_gradient(a, step, low, high):
    """dx (H, W, C) = Σ of dy (H · f, W · g, C) over the pixels that read it · their weights; overwrites dx."""
    height, width, down, right = sizes(a)
    for block in range(blocks(a, 0)):
        for sample in range(low, high):
            dx, dy = sides(a, block, sample, 1, 0)
            for row in range(height):
                top, bottom = readers(row, down, height)
                for column in range(width):
                    left, end = readers(column, right, width)
                    total = constant(0)
                    for i in range(top, bottom):
                        line, along = at(dy, i * width * right), constant(0)
                        for j in range(left, end):
                            along = fma(load(line, j * LANES), splat(weight_at(j, column, right, width)), along)
                        total = fma(along, splat(weight_at(i, row, down, height)), total)
                    store(dx, (row * width + column) * LANES, total)
