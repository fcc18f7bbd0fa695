"""Rounding to bfloat16: numbers keep the upper 16 of their 32 bits."""

from __future__ import annotations

from numpy import uint32

from dltool.kernels.cpu.kernel import elementwise, kernel
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.vector import bits_as_floats, floats_as_bits, load, select, splat, store
from dltool.kernels.records import LANES


def rounded(x):
    """The nearest bfloat16 of each lane, to the even one of two; NaN stays NaN."""
    bits = floats_as_bits(x)
    odd = (bits >> splat(uint32(16))) & splat(uint32(1))
    nearest = (bits + splat(uint32(0x7FFF)) + odd) & splat(uint32(0xFFFF0000))
    is_nan = (bits & splat(uint32(0x7FFFFFFF))) > splat(uint32(0x7F800000))
    return bits_as_floats(select(is_nan, bits | splat(uint32(0x400000)), nearest))


@elementwise
def round_bfloat16(x, other, y, vectors, one, two):
    """y = x, rounded."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, rounded(load(x, i)))


@kernel
def round_weights(x, y, step, low, high):
    """y = x, rounded, from vector `low` to `high`."""
    x, y = chunk(x, low), chunk(y, low)
    for i in range(low * LANES, high * LANES, LANES):
        store(y, i, rounded(load(x, i)))
