"""Elementwise functions, and the kernel that runs one on its own. (Fused, a product calls it.)"""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.calls import call_elementwise
from dltool.kernels.cpu.elementary import exp as exp_of
from dltool.kernels.cpu.epilogue import clear_padding
from dltool.kernels.cpu.kernel import elementwise as elementwise_function
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.vector import constant, load, splat, sqrt, store
from dltool.kernels.records import LANES


@kernel
def elementwise(x, other, y, function, one, two, step, low, high):
    """y = f(x, other), of the function at an address and its two numbers; overwrites y."""
    low, high = low * x.rows_per_sample, high * x.rows_per_sample
    one, two = float32(one), float32(two)
    for block in range(x.blocks):
        vector = block * x.rows + low
        call_elementwise(function, at(x, vector), at(other, vector), at(y, vector), high - low, one, two)
        used = x.channels - block * LANES
        if used < LANES:
            clear_padding(at(y, vector), high - low, used)


@elementwise_function
def scale(x, other, y, vectors, factor, two):
    """y = factor · x."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, splat(factor) * load(x, i))


@elementwise_function
def square(x, other, y, vectors, one, two):
    """y = x²."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, load(x, i) * load(x, i))


@elementwise_function
def square_gradient(dy, x, dx, vectors, one, two):
    """dx = 2 · dy · x."""
    for i in range(0, vectors * LANES, LANES):
        store(dx, i, constant(2) * load(dy, i) * load(x, i))


@elementwise_function
def exp(x, other, y, vectors, one, two):
    """y = eˣ."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, exp_of(load(x, i)))


@elementwise_function
def reciprocal_square_root(x, other, y, vectors, eps, two):
    """y = 1 / √(x + eps)."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, constant(1) / sqrt(load(x, i) + splat(eps)))
