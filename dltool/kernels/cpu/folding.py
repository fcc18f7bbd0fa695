"""Batch normalization by fixed statistics, folded into the weights before it and a bias."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.arguments import at, blocks, floats, number, rows
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.vector import inlined, load, splat, sqrt, store
from dltool.kernels.records import LANES


@inlined
def factor(gain, variance, block, eps):
    """gain / √(variance + eps) of a block of channels."""
    return load(gain, block * LANES) / sqrt(load(variance, block * LANES) + splat(float32(eps)))


@kernel
def fold_weight(a, step, low, high):
    """y (…, C) = w (…, C) · gain / √(variance + eps); overwrites y."""
    w, gain, variance, y, eps = floats(a, 0), floats(a, 1), floats(a, 2), floats(a, 3), number(a, 4, 0)
    for block in range(blocks(a, 0)):
        scale = factor(gain, variance, block, eps)
        source, target = at(w, block * rows(a, 0)), at(y, block * rows(a, 0))
        for row in range(rows(a, 0)):
            store(target, row * LANES, load(source, row * LANES) * scale)


@kernel
def fold_bias(a, step, low, high):
    """y (C) = bias - mean · gain / √(variance + eps); overwrites y."""
    gain, bias, mean, variance, y = floats(a, 0), floats(a, 1), floats(a, 2), floats(a, 3), floats(a, 4)
    for block in range(blocks(a, 0)):
        scale = factor(gain, variance, block, number(a, 5, 0))
        store(y, block * LANES, load(bias, block * LANES) - load(mean, block * LANES) * scale)
