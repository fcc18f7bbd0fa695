"""Moments of samples while these are in the cache, and of a batch, combined in the order of its samples."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.batch_norm import move
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import used_lanes
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.sums import column_sums, squared_distances
from dltool.kernels.cpu.vector import constant, fma, load, select, splat, sqrt, store
from dltool.kernels.records import BATCH, LANES


@kernel
def sample_moments(x, mean, squares, step, low, high):
    """mean (C) and squares (C) = Σ (x - mean)² over the pixels of each sample of x (…, C); overwrites both."""
    count = x.rows_per_sample
    share = splat(float32(1) / float32(count))
    for sample in range(low, high):
        for block in range(x.blocks):
            pixels = at(x, block * x.rows + sample * count)
            center = column_sums(pixels, count) * share
            place = (block * mean.rows + sample) * LANES
            store(mean, place, center)
            store(squares, place, squared_distances(pixels, center, count))


@kernel
def combined_moments(
    means, squares, running_mean, running_variance, mean, inverse_std, pixels, eps, momentum, unbiased, step, low, high
):
    """mean (C) and s (C) = 1 / √(variance + eps) of the batch, of means and squares of its samples (C).

    Overwrites mean and s, and moves the running statistics towards the batch's, for some blocks of channels.
    """
    new = float32(momentum)
    samples = step[BATCH]
    count = samples * pixels
    for block in range(low, high):
        here = block * means.rows
        center = column_sums(at(means, here), samples) * splat(float32(1) / float32(samples))
        between = squared_distances(at(means, here), center, samples)
        distances = fma(between, splat(float32(pixels)), column_sums(at(squares, here), samples))
        variance = distances * splat(float32(1) / float32(count))
        scale = constant(1) / sqrt(variance + splat(float32(eps)))
        store(mean, block * LANES, center)
        store(inverse_std, block * LANES, select(used_lanes(block, means.channels), scale, constant(0)))
        if unbiased != 0 and count > 1:
            variance = distances * splat(float32(1) / float32(count - 1))
        move(running_mean, block, center, new)
        move(running_variance, block, variance, new)


@kernel
def sample_products(dy, x, mean, inverse_std, plain, along, step, low, high):
    """plain (C) = Σ dy and along (C) = Σ dy · (x - mean) · s over the pixels of each sample; overwrites both."""
    count = dy.rows_per_sample
    for sample in range(low, high):
        for block in range(dy.blocks):
            place = (block * dy.rows + sample * count) * LANES
            center = load(mean, block * LANES)
            sum_even, sum_odd, even, odd = constant(0), constant(0), constant(0), constant(0)
            end = place + count // 2 * 2 * LANES
            for i in range(place, end, 2 * LANES):
                one, two = load(dy, i), load(dy, i + LANES)
                sum_even, sum_odd = sum_even + one, sum_odd + two
                even, odd = fma(one, load(x, i) - center, even), fma(two, load(x, i + LANES) - center, odd)
            if count % 2:
                sum_even, even = sum_even + load(dy, end), fma(load(dy, end), load(x, end) - center, even)
            moments = (block * plain.rows + sample) * LANES
            store(plain, moments, sum_even + sum_odd)
            store(along, moments, (even + odd) * load(inverse_std, block * LANES))
