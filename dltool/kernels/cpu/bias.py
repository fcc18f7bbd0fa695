"""Adding a bias on its own (fused, a product does it), and summing the gradient of one."""

from __future__ import annotations

from dltool.kernels.cpu.arguments import advance, at, blocks, floats, origin, rows, rows_per_sample
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.vector import constant, inlined, load, store
from dltool.kernels.records import BATCH, LANES


@kernel
def add_bias(a, step, low, high):
    """y (…, C) = x + b (C); overwrites y."""
    x, b, y, stride = floats(a, 0), floats(a, 1), floats(a, 2), rows(a, 0) * LANES
    low, high = low * rows_per_sample(a, 0), high * rows_per_sample(a, 0)
    for block in range(blocks(a, 0)):
        shift = load(b, block * LANES)
        for i in range(block * stride + low * LANES, block * stride + high * LANES, LANES):
            store(y, i, load(x, i) + shift)


@inlined
def column_sums(x, count):
    """Σ over `count` contiguous vectors, in four interleaved chains whose order is fixed."""
    first, second, third, fourth = constant(0), constant(0), constant(0), constant(0)
    whole = count // 4 * 4
    for row in range(0, whole, 4):
        first = first + load(x, row * LANES)
        second = second + load(x, (row + 1) * LANES)
        third = third + load(x, (row + 2) * LANES)
        fourth = fourth + load(x, (row + 3) * LANES)
    for row in range(whole, count):
        first = first + load(x, row * LANES)
    return (first + second) + (third + fourth)


@kernel
def sum_rows(a, step, low, high):
    """db (C) = Σ over rows of dy (…, C), for some blocks of channels; overwrites db."""
    dy, db = floats(a, 0), floats(a, 1)
    db = advance(db, -origin(a, 1, low) * LANES)
    count = step[BATCH] * rows_per_sample(a, 0)
    for block in range(low, high):
        store(db, block * LANES, column_sums(at(dy, block * rows(a, 0)), count))
