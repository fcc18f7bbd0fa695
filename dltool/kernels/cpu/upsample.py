"""Images made larger by whole factors, one block of 16 channels of a sample at a time.

Places between pixels are kept exact: along an axis made f times larger, they are counted in steps of 1 / 2f pixel.
"""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.vector import constant, copy_vectors, fma, load, splat, store
from dltool.kernels.records import LANES


def pixels_of(x, block, sample):
    """Where one block of a sample begins."""
    return at(x, block * x.rows + sample * x.rows_per_sample)


@kernel
def upsample_nearest(x, y, height, width, factor_height, factor_width, step, low, high):
    """y (H · f, W · g, C): every pixel of x (H, W, C) f · g times; overwrites y."""
    line = width * factor_width
    for block in range(x.blocks):
        for sample in range(low, high):
            source, target = pixels_of(x, block, sample), pixels_of(y, block, sample)
            for row in range(height):
                first = at(target, row * factor_height * line)
                for column in range(width):
                    value = load(source, (row * width + column) * LANES)
                    for j in range(column * factor_width, (column + 1) * factor_width):
                        store(first, j * LANES, value)
                for i in range(1, factor_height):
                    copy_vectors(first, at(first, i * line), line)


@kernel
def upsample_nearest_gradient(dy, dx, height, width, factor_height, factor_width, step, low, high):
    """dx (H, W, C) = Σ of dy (H · f, W · g, C) over the pixels that show the same one; overwrites dx."""
    line = width * factor_width
    for block in range(dy.blocks):
        for sample in range(low, high):
            upstream, target = pixels_of(dy, block, sample), pixels_of(dx, block, sample)
            for row in range(height):
                for column in range(width):
                    total = constant(0)
                    for i in range(row * factor_height, (row + 1) * factor_height):
                        for place in range(i * line + column * factor_width, i * line + (column + 1) * factor_width):
                            total = total + load(upstream, place * LANES)
                    store(target, (row * width + column) * LANES, total)


def read_at(i, factor, size):
    """Where place `i` of the larger axis is read: pixel before, pixel after, and the weight of that."""
    place = min(max(2 * i + 1 - factor, 0), 2 * factor * (size - 1))
    first, part = place // (2 * factor), place % (2 * factor)
    return first, first + min(part, 1), float32(part) / float32(2 * factor)


def between(x, y, weight):
    """x · (1 - weight) + y · weight."""
    return fma(y, splat(weight), x * splat(float32(1) - weight))


@kernel
def upsample_bilinear(x, y, height, width, factor_height, factor_width, step, low, high):
    """y (H · f, W · g, C): x (H, W, C) linearly between pixel centers, clamped at the edges; overwrites y."""
    for block in range(x.blocks):
        for sample in range(low, high):
            source, target = pixels_of(x, block, sample), pixels_of(y, block, sample)
            for i in range(height * factor_height):
                above, below, share = read_at(i, factor_height, height)
                upper, lower = at(source, above * width), at(source, below * width)
                for j in range(width * factor_width):
                    before, after, part = read_at(j, factor_width, width)
                    high_value = between(load(upper, before * LANES), load(upper, after * LANES), part)
                    low_value = between(load(lower, before * LANES), load(lower, after * LANES), part)
                    store(target, (i * width * factor_width + j) * LANES, between(high_value, low_value, share))


def readers(pixel, factor, size):
    """First and last place + 1 of the larger axis that read a pixel."""
    first = 0 if pixel == 0 else (2 * factor * (pixel - 1) + factor - 1) // 2 + 1
    end = size * factor if pixel == size - 1 else (2 * factor * (pixel + 1) + factor) // 2
    return first, end


def weight_at(i, pixel, factor, size):
    """The weight that a pixel has at place `i` of the larger axis, which reads it."""
    place = min(max(2 * i + 1 - factor, 0), 2 * factor * (size - 1))
    return float32(1) - float32(abs(place - 2 * factor * pixel)) / float32(2 * factor)


@kernel
def upsample_bilinear_gradient(dy, dx, height, width, factor_height, factor_width, step, low, high):
    """dx (H, W, C) = Σ of dy (H · f, W · g, C) over the pixels that read it · their weights; overwrites dx."""
    for block in range(dy.blocks):
        for sample in range(low, high):
            upstream, target = pixels_of(dy, block, sample), pixels_of(dx, block, sample)
            for row in range(height):
                top, bottom = readers(row, factor_height, height)
                for column in range(width):
                    left, end = readers(column, factor_width, width)
                    total = constant(0)
                    for i in range(top, bottom):
                        line, along = at(upstream, i * width * factor_width), constant(0)
                        for j in range(left, end):
                            along = fma(load(line, j * LANES), splat(weight_at(j, column, factor_width, width)), along)
                        total = fma(along, splat(weight_at(i, row, factor_height, height)), total)
                    store(target, (row * width + column) * LANES, total)
