"""Batch normalization of images: figures of each sample while it is in the cache, put together in their order."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.arguments import (
    advance,
    at,
    attribute,
    bits_as_number,
    blocks,
    channels,
    floats,
    number,
    rows,
    rows_per_sample,
)
from dltool.kernels.cpu.bias import column_sums
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.matmul import finish
from dltool.kernels.cpu.normalization import move
from dltool.kernels.cpu.softmax import used_lanes
from dltool.kernels.cpu.vector import constant, fma, inlined, load, select, splat, sqrt, store
from dltool.kernels.records import BATCH, LANES, OPERAND


@kernel
def sample_moments(a, step, low, high):
    """mean (C) and squares (C) = Σ (x - mean)² over the pixels of each sample of x (…, C); overwrites both."""
    x, mean, squares, count = floats(a, 0), floats(a, 1), floats(a, 2), rows_per_sample(a, 0)
    share = splat(float32(1) / float32(count))
    for sample in range(low, high):
        for block in range(blocks(a, 0)):
            pixels = at(x, block * rows(a, 0) + sample * count)
            centre = column_sums(pixels, count) * share
            place = (block * rows(a, 1) + sample) * LANES
            store(mean, place, centre)
            store(squares, place, squared_distances(pixels, centre, count))


@inlined
def squared_distances(x, centre, count):
    """Σ (x - centre)² over `count` contiguous vectors, in four interleaved chains whose order is fixed."""
    first, second, third, fourth = constant(0), constant(0), constant(0), constant(0)
    whole = count // 4 * 4
    for row in range(0, whole, 4):
        one, two = load(x, row * LANES) - centre, load(x, (row + 1) * LANES) - centre
        three, four = load(x, (row + 2) * LANES) - centre, load(x, (row + 3) * LANES) - centre
        first, second = fma(one, one, first), fma(two, two, second)
        third, fourth = fma(three, three, third), fma(four, four, fourth)
    for row in range(whole, count):
        one = load(x, row * LANES) - centre
        first = fma(one, one, first)
    return (first + second) + (third + fourth)


@kernel
def batch_moments(a, step, low, high):
    """mean (C) and s (C) = 1 / √(variance + eps) of the batch, of means and squares of its samples (C).

    Overwrites mean and s, and moves the running statistics towards the batch's, for some blocks of channels.
    """
    means, squares, running_mean, running_variance = floats(a, 0), floats(a, 1), floats(a, 2), floats(a, 3)
    mean, inverse = floats(a, 4), floats(a, 5)
    pixels, eps, new, unbiased = attribute(a, 6, 0), number(a, 6, 1), float32(number(a, 6, 2)), attribute(a, 6, 3)
    samples = step[BATCH]
    count = samples * pixels
    for block in range(low, high):
        here = block * rows(a, 0)
        centre = column_sums(at(means, here), samples) * splat(float32(1) / float32(samples))
        between = squared_distances(at(means, here), centre, samples)
        distances = fma(between, splat(float32(pixels)), column_sums(at(squares, here), samples))
        variance = distances * splat(float32(1) / float32(count))
        scale = constant(1) / sqrt(variance + splat(float32(eps)))
        store(mean, block * LANES, centre)
        store(inverse, block * LANES, select(used_lanes(block, channels(a, 0)), scale, constant(0)))
        if unbiased != 0 and count > 1:
            variance = distances * splat(float32(1) / float32(count - 1))
        move(running_mean, block, centre, new)
        move(running_variance, block, variance, new)


@kernel
def normalize(a, step, low, high):
    """y (…, C) = epilogue((x (…, C) - mean) · s · gain + bias); overwrites y and the epilogue's output."""
    x, mean, inverse, gain, bias, y = (
        floats(a, 0), floats(a, 1), floats(a, 2), floats(a, 3), floats(a, 4), floats(a, 5),
    )  # fmt: skip
    count, e = rows_per_sample(a, 0), 6 * OPERAND
    least = splat(float32(bits_as_number(a[e + 1])))
    for sample in range(low, high):
        for block in range(blocks(a, 0)):
            factor = load(inverse, block * LANES) * load(gain, block * LANES)
            shift = load(bias, block * LANES) - load(mean, block * LANES) * factor
            place = (block * rows(a, 0) + sample * count) * LANES
            for i in range(place, place + count * LANES, LANES):
                value = fma(load(x, i), factor, shift)
                store(y, i, select(value < least, least, value))
            finish(a, e, advance(y, place), place, count, channels(a, 0) - block * LANES)


@kernel
def sample_products(a, step, low, high):
    """plain (C) = Σ dy and along (C) = Σ dy · (x - mean) · s over the pixels of each sample; overwrites both."""
    dy, x, mean, inverse, plain, along = (
        floats(a, 0), floats(a, 1), floats(a, 2), floats(a, 3), floats(a, 4), floats(a, 5),
    )  # fmt: skip
    count = rows_per_sample(a, 0)
    for sample in range(low, high):
        for block in range(blocks(a, 0)):
            place = (block * rows(a, 0) + sample * count) * LANES
            centre = load(mean, block * LANES)
            sum_even, sum_odd, even, odd = constant(0), constant(0), constant(0), constant(0)
            end = place + count // 2 * 2 * LANES
            for i in range(place, end, 2 * LANES):
                one, two = load(dy, i), load(dy, i + LANES)
                sum_even, sum_odd = sum_even + one, sum_odd + two
                even, odd = fma(one, load(x, i) - centre, even), fma(two, load(x, i + LANES) - centre, odd)
            if count % 2:
                sum_even, even = sum_even + load(dy, end), fma(load(dy, end), load(x, end) - centre, even)
            figure = (block * rows(a, 4) + sample) * LANES
            store(plain, figure, sum_even + sum_odd)
            store(along, figure, (even + odd) * load(inverse, block * LANES))


@kernel
def normalize_gradient(a, step, low, high):
    """dx (…, C) = gain · s · (dy - dbias / n - (x - mean) · s · dgain / n) over the n pixels; overwrites dx."""
    dy, x, mean, inverse = floats(a, 0), floats(a, 1), floats(a, 2), floats(a, 3)
    gain, dgain, dbias, dx = floats(a, 4), floats(a, 5), floats(a, 6), floats(a, 7)
    count = rows_per_sample(a, 0)
    share = splat(float32(1) / float32(step[BATCH] * count))
    for block in range(blocks(a, 0)):
        scale = load(inverse, block * LANES)
        factor, slope = load(gain, block * LANES) * scale, load(dgain, block * LANES) * share * scale
        # dy · factor - x · (slope · factor) + (mean · slope - dbias / n) · factor
        shift = (load(mean, block * LANES) * slope - load(dbias, block * LANES) * share) * factor
        slope = slope * factor
        place = block * rows(a, 0)
        for i in range((place + low * count) * LANES, (place + high * count) * LANES, LANES):
            store(dx, i, fma(load(dy, i), factor, shift - load(x, i) * slope))
