"""Elementwise kernels on their own: a span function over every block of a value. (Fused, a product calls it.)"""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.arguments import (
    at,
    attribute,
    blocks,
    call_span,
    channels,
    floats,
    number,
    rows,
    rows_per_sample,
)
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import first_lanes
from dltool.kernels.cpu.vector import inlined, load, select, splat, store
from dltool.kernels.records import LANES


@inlined
def clear_padding(x, vectors, used):
    """Zero the lanes from `used` on, since padding must stay zero whatever f(0) is."""
    for i in range(vectors):
        store(x, i * LANES, select(first_lanes(used), load(x, i * LANES), splat(float32(0))))


@kernel
def elementwise(a, step, low, high):
    """y = f(x, other), with the address of f and its two numbers as attributes; overwrites y."""
    x, other, y = floats(a, 0), floats(a, 1), floats(a, 2)
    low, high = low * rows_per_sample(a, 0), high * rows_per_sample(a, 0)
    function, one, two = attribute(a, 3, 0), float32(number(a, 3, 1)), float32(number(a, 3, 2))
    for block in range(blocks(a, 0)):
        vector = block * rows(a, 0) + low
        call_span(function, at(x, vector), at(other, vector), at(y, vector), high - low, one, two)
        used = channels(a, 0) - block * LANES
        if used < LANES:
            clear_padding(at(y, vector), high - low, used)
