"""Layer normalization, over the channels of a row."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import sum_lanes, used_lanes
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.sums import column_products
from dltool.kernels.cpu.vector import constant, fma, load, select, splat, store
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
            centered = select(used_lanes(block, width), load(x, place) - mean, constant(0))
            store(normalized, place, centered)
            total = fma(centered, centered, total)
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
