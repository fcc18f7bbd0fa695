"""Elementwise ops on their own: a function of vectors over every block of a value. (Fused, a product calls it.)"""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.calls import call_elementwise
from dltool.kernels.cpu.epilogue import clear_padding
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import at
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
