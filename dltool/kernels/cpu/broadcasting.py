"""Arithmetic with a second operand that is smaller, and repeating a value along its axes of size 1.

    axes[0], then axes[1 + 2 i], axes[2 + 2 i]    the number of axes; the sizes of axis i in the large and in the small

Of the axes before the channels those that differ follow one another: rows of the large value are (…, repeat, inner), of
the small one (…, inner).
"""

from __future__ import annotations

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import used_lanes
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.vector import constant, load, select, splat, store
from dltool.kernels.records import LANES


def repetition(axes):
    """How often each run of rows of the small value is repeated in the large one, and the rows of such a run."""
    repeat, inner = 1, 1
    for i in range(axes[0] - 2, -1, -1):
        large, small = axes[1 + 2 * i], axes[2 + 2 * i]
        if large != small:
            repeat *= large
        elif repeat == 1:
            inner *= large
    return repeat, inner


def combine_rows(combine, a, b, y, count, b_step, across, used):
    """y = combine(a, b) on contiguous rows of a block; `across` the channels stands the first lane of b for all."""
    if across:
        for i in range(count):
            value = combine(load(a, i * LANES), splat(b[i * b_step]))
            store(y, i * LANES, select(used, value, constant(0)))
    else:
        for i in range(count):
            value = combine(load(a, i * LANES), load(b, i * b_step))
            store(y, i * LANES, select(used, value, constant(0)))


def combine_broadcast(combine, a, b, y, axes, low, high):
    """y = combine(a, b) for some samples."""
    repeat, inner = repetition(axes)
    per, b_per = y.rows_per_sample, b.rows_per_sample  # 0 for what all samples share
    across = b.channels < y.channels
    for block in range(y.blocks):
        used = used_lanes(block, y.channels)
        first, b_first = block * y.rows, 0 if across else block * b.rows
        if b_per == 0 and repeat == per:
            row, count = first + low * per, (high - low) * per
            combine_rows(combine, at(a, row), at(b, b_first), at(y, row), count, 0, across, used)
            continue
        if b_per == per:
            row, count = low * per, (high - low) * per
            here = first + row
            combine_rows(combine, at(a, here), at(b, b_first + row), at(y, here), count, LANES, across, used)
            continue
        for sample in range(low, high):
            row, b_row = first + sample * per, b_first + sample * b_per
            for _ in range(per // (repeat * inner)):
                if inner == 1:
                    combine_rows(combine, at(a, row), at(b, b_row), at(y, row), repeat, 0, across, used)
                    row += repeat
                else:
                    for _ in range(repeat):
                        combine_rows(combine, at(a, row), at(b, b_row), at(y, row), inner, LANES, across, used)
                        row += inner
                b_row += inner


def second(a, b):
    """b."""
    return b


@kernel
def broadcast(x, y, axes, step, low, high):
    """y (…) = x, repeated; overwrites y."""
    combine_broadcast(second, y, x, y, axes, low, high)
