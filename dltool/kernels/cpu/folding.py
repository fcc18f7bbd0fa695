"""Batch normalization by fixed statistics, folded into the weights before it and a bias."""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.vector import load, splat, sqrt, store
from dltool.kernels.records import LANES


def factor(gain, variance, block, eps):
    """gain / √(variance + eps) of a block of channels."""
    return load(gain, block * LANES) / sqrt(load(variance, block * LANES) + splat(float32(eps)))


@kernel
def fold_weight(w, gain, variance, y, eps, step, low, high):
    """y (…, C) = w (…, C) · gain / √(variance + eps); overwrites y."""
    for block in range(w.blocks):
        scale = factor(gain, variance, block, eps)
        source, target = at(w, block * w.rows), at(y, block * w.rows)
        for row in range(w.rows):
            store(target, row * LANES, load(source, row * LANES) * scale)


@kernel
def fold_bias(gain, bias, mean, variance, y, eps, step, low, high):
    """y (C) = bias - mean · gain / √(variance + eps); overwrites y."""
    for block in range(gain.blocks):
        scale = factor(gain, variance, block, eps)
        store(y, block * LANES, load(bias, block * LANES) - load(mean, block * LANES) * scale)
