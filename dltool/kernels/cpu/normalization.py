"""Layer normalization (over the channels of a row) and batch normalization (over the rows of a channel)."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.bias import column_sums
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import sum_lanes
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.softmax import used_lanes
from dltool.kernels.cpu.vector import constant, fma, inlined, load, select, splat, sqrt, store
from dltool.kernels.records import BATCH, LANES


@kernel
def layer_norm(x, gain, bias, y, normalized, inverse_std, eps, step, low, high):
    """y (…, C) = n · gain + bias with n = (x - mean) · s, s = 1 / √(variance + eps); overwrites y, n and s."""
    stride, width, eps = x.rows * LANES, x.channels, float32(eps)
    for row in range(low * x.rows_per_sample, high * x.rows_per_sample):
        total = constant(0)
        for block in range(x.blocks):
            total = total + load(x, block * stride + row * LANES)
        mean = splat(sum_lanes(total) / float32(width))
        total = constant(0)
        for block in range(x.blocks):
            place = block * stride + row * LANES
            centred = select(used_lanes(block, width), load(x, place) - mean, constant(0))
            store(normalized, place, centred)
            total = fma(centred, centred, total)
        scale = float32(1) / (sum_lanes(total) / float32(width) + eps) ** float32(0.5)
        inverse_std[row] = scale
        for block in range(x.blocks):
            place = block * stride + row * LANES
            value = load(normalized, place) * splat(scale)
            store(normalized, place, value)
            store(y, place, fma(value, load(gain, block * LANES), load(bias, block * LANES)))


@kernel
def layer_norm_gradient(dy, normalized, inverse_std, gain, dx, step, low, high):
    """dx = s · (h - mean h - n · mean(h · n)) with h = dy · gain; overwrites dx."""
    stride, width = dy.rows * LANES, dy.channels
    for row in range(low * dy.rows_per_sample, high * dy.rows_per_sample):
        plain, along = constant(0), constant(0)
        for block in range(dy.blocks):
            place = block * stride + row * LANES
            upstream = load(dy, place) * load(gain, block * LANES)
            plain = plain + upstream
            along = fma(upstream, load(normalized, place), along)
        mean, slope = splat(sum_lanes(plain) / float32(width)), splat(sum_lanes(along) / float32(width))
        scale = splat(inverse_std[row])
        for block in range(dy.blocks):
            place = block * stride + row * LANES
            upstream = load(dy, place) * load(gain, block * LANES)
            value = scale * (upstream - mean - load(normalized, place) * slope)
            store(dx, place, select(used_lanes(block, width), value, constant(0)))


@kernel
def sum_row_products(dy, normalized, dgain, step, low, high):
    """dgain (C) = Σ over rows of dy · n, for some blocks of channels; overwrites dgain."""
    dgain = chunk(dgain, low)
    count = step[BATCH] * dy.rows_per_sample
    for block in range(low, high):
        store(dgain, block * LANES, column_products(at(dy, block * dy.rows), at(normalized, block * dy.rows), count))


@inlined
def column_products(x, y, count):
    """Σ over `count` contiguous vectors of x · y."""
    even, odd = constant(0), constant(0)
    for row in range(0, count - 1, 2):
        even = fma(load(x, row * LANES), load(y, row * LANES), even)
        odd = fma(load(x, (row + 1) * LANES), load(y, (row + 1) * LANES), odd)
    if count % 2:
        even = fma(load(x, (count - 1) * LANES), load(y, (count - 1) * LANES), even)
    return even + odd


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


@inlined
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
    x, gain, bias, mean, variance, y = (
        x, gain, bias, running_mean, running_variance, y,
    )  # fmt: skip
    stride, eps = x.rows * LANES, splat(float32(eps))
    low, high = low * x.rows_per_sample, high * x.rows_per_sample
    for block in range(x.blocks):
        scale = load(gain, block * LANES) / sqrt(load(variance, block * LANES) + eps)
        shift = load(bias, block * LANES) - load(mean, block * LANES) * scale
        for i in range(block * stride + low * LANES, block * stride + high * LANES, LANES):
            store(y, i, fma(load(x, i), scale, shift))
