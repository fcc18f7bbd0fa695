"""Adding a bias on its own (fused, a product does it), and summing the gradient of one."""

from __future__ import annotations

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.sums import column_sums
from dltool.kernels.cpu.vector import load, store
from dltool.kernels.records import BATCH, LANES


@kernel
def add_bias(x, b, y, step, low, high):
    """y (…, C) = x + b (C); overwrites y."""
    stride = x.rows * LANES
    low, high = low * x.rows_per_sample, high * x.rows_per_sample
    for block in range(x.blocks):
        shift = load(b, block * LANES)
        for i in range(block * stride + low * LANES, block * stride + high * LANES, LANES):
            store(y, i, load(x, i) + shift)


@kernel
def sum_rows(dy, db, step, low, high):
    """db (C) = Σ over rows of dy (…, C), for some blocks of channels; overwrites db."""
    db = chunk(db, low)
    count = step[BATCH] * dy.rows_per_sample
    for block in range(low, high):
        store(db, block * LANES, column_sums(at(dy, block * dy.rows), count))
