"""Clipping gradients: number by number, or all of them by their common norm."""

from __future__ import annotations

import math

from numpy import float32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.vector import constant, fma, load, select, splat, store
from dltool.kernels.records import LANES


@kernel
def clip_value(g, y, limit, step, low, high):
    """y = g limited to [-limit, limit]; NaN stays; overwrites y."""
    g, y, limit = chunk(g, low), chunk(y, low), splat(float32(limit))
    lowest = constant(0) - limit
    for i in range(low * LANES, high * LANES, LANES):
        value = load(g, i)
        value = select(value > limit, limit, value)
        store(y, i, select(value < lowest, lowest, value))


@kernel
def square_sum(g, partial_sums, step, low, high):
    """partial (C,) = Σ over rows of g² (…, C), for whole blocks of columns between two vectors; overwrites partial."""
    height, g = g.rows, chunk(g, low)
    for block in range(low // height, high // height):
        total = constant(0)
        for vector in range(block * height, (block + 1) * height):
            value = load(g, vector * LANES)
            total = fma(value, value, total)
        store(partial_sums, block * LANES, total)


@kernel
def clip_scale(partial_sums, scale, limit, eps, step, low, high):
    """scale = min(1, limit / (√Σ partial sums + eps)); overwrites scale."""
    total = 0.0
    for operand in range(len(partial_sums)):
        sums = partial_sums[operand]
        for i in range(sums.channels):
            total += sums[i]
    factor = limit / (math.sqrt(total) + eps)
    scale[0] = float32(factor if factor < 1.0 or factor != factor else 1.0)


@kernel
def scale_gradient(g, scale, y, step, low, high):
    """y = g · scale; overwrites y."""
    g, y = chunk(g, low), chunk(y, low)
    factor = splat(scale[0])
    for i in range(low * LANES, high * LANES, LANES):
        store(y, i, load(g, i) * factor)
