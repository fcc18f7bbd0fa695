"""Batch normalization over the rows of a channel, by statistics of the batch or by fixed ones."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import used_lanes
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.sums import column_products, column_sums
from dltool.kernels.cpu.vector import constant, fma, load, select, splat, sqrt, store
from dltool.kernels.records import BATCH, LANES


@kernel
def batch_norm(
    x, gain, bias, running_mean, running_variance, y, normalized, inverse_std, eps, momentum, unbiased, step, low, high
):
    """y (…, C) = n · gain + bias with n = (x - mean) · s over the batch, for some blocks of channels.

    Overwrites y, n and s = 1 / √(variance + eps), and moves the running statistics towards the batch's.
    """
    eps, new = splat(float32(eps)), float32(momentum)
    count = step[BATCH] * x.rows_per_sample
    share = splat(float32(1) / float32(count))
    for block in range(low, high):
        here = block * x.rows
        mean = column_sums(at(x, here), count) * share
        for row in range(here, here + count):
            store(normalized, row * LANES, load(x, row * LANES) - mean)
        squares = column_products(at(normalized, here), at(normalized, here), count)
        variance = squares * share
        scale = select(used_lanes(block, x.channels), constant(1) / sqrt(variance + eps), constant(0))
        store(inverse_std, block * LANES, scale)
        factor, shift = load(gain, block * LANES), load(bias, block * LANES)
        for row in range(here, here + count):
            value = load(normalized, row * LANES) * scale
            store(normalized, row * LANES, value)
            store(y, row * LANES, fma(value, factor, shift))
        if unbiased != 0 and count > 1:
            variance = squares * splat(float32(1) / float32(count - 1))
        move(running_mean, block, mean, new)
        move(running_variance, block, variance, new)


def move(running, block, value, new):
    """running = (1 - new) · running + new · value."""
    old = load(running, block * LANES)
    store(running, block * LANES, fma(splat(new), value - old, old))


@kernel
def batch_norm_gradient(dy, normalized, inverse_std, gain, dx, dgain, dbias, step, low, high):
    """dx = gain · s · (dy - mean dy - n · mean(dy · n)); dgain = Σ dy · n; dbias = Σ dy; overwrites the three."""
    count = step[BATCH] * dy.rows_per_sample
    share = splat(float32(1) / float32(count))
    for block in range(low, high):
        here = block * dy.rows
        plain = column_sums(at(dy, here), count)
        along = column_products(at(dy, here), at(normalized, here), count)
        store(dgain, block * LANES, along)
        store(dbias, block * LANES, plain)
        factor = load(gain, block * LANES) * load(inverse_std, block * LANES)
        mean, slope = plain * share, along * share
        for row in range(here, here + count):
            value = load(dy, row * LANES) - mean - load(normalized, row * LANES) * slope
            store(dx, row * LANES, factor * value)


@kernel
def batch_norm_inference(x, gain, bias, running_mean, running_variance, y, eps, step, low, high):
    """y (…, C) = (x - running mean) / √(running variance + eps) · gain + bias; overwrites y."""
    stride, eps = x.rows * LANES, splat(float32(eps))
    low, high = low * x.rows_per_sample, high * x.rows_per_sample
    for block in range(x.blocks):
        scale = load(gain, block * LANES) / sqrt(load(running_variance, block * LANES) + eps)
        shift = load(bias, block * LANES) - load(running_mean, block * LANES) * scale
        for i in range(block * stride + low * LANES, block * stride + high * LANES, LANES):
            store(y, i, fma(load(x, i), scale, shift))
