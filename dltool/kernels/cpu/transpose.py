"""Exchanging two axes of every sample: rows where both are in front of the channels, else 16 × 16 blocks."""

from __future__ import annotations

from dltool.kernels.cpu.channels import clear_last_lanes, place
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.vector import load, store
from dltool.kernels.records import LANES


def size_of(axes, begin, end):
    """The product of the sizes of some axes."""
    size = 1
    for i in range(begin, end):
        size *= axes[1 + i]
    return size


@kernel
def transpose(x, y, axes, first, second, step, low, high):
    """y (…) = x with two axes exchanged; overwrites y."""
    rank = axes[0]
    outer = size_of(axes, 0, first)
    height, between = axes[1 + first], size_of(axes, first + 1, second)
    for group in range(low * outer, high * outer):
        if second < rank - 1:
            exchange_rows(x, y, group, height, between, axes[1 + second], size_of(axes, second + 1, rank - 1))
        else:
            exchange_channels(x, y, group, height, between)


def exchange_rows(x, y, group, height, between, width, inner):
    """Rows (height, between, width, inner) of a group → (width, between, height, inner)."""
    start = group * height * between * width * inner
    for block in range(x.blocks):
        source, target = at(x, block * x.rows + start), at(y, block * y.rows + start)
        row = 0
        for i in range(height):
            for j in range(between):
                for k in range(width):
                    other = ((k * between + j) * height + i) * inner
                    for _ in range(inner):
                        store(target, other * LANES, load(source, row * LANES))
                        row, other = row + 1, other + 1


def exchange_channels(x, y, group, height, between):
    """Rows (height, between) of a group and their channels → rows (channels, between) of `height` channels."""
    width = x.channels
    for j in range(between):
        start, end = group * height * between + j, group * width * between + j
        whole_rows, whole_channels = 0, 0
        if between == 1:
            whole_rows, whole_channels = height // LANES * LANES, width // LANES * LANES
        for i in range(0, whole_rows, LANES):
            for c in range(0, whole_channels, LANES):
                source = at(x, c // LANES * x.rows + start + i)
                transpose_block(source, at(y, i // LANES * y.rows + end + c))
        for i in range(height):
            for c in range(whole_channels if i < whole_rows else 0, width):
                y[place(i, end + c * between, y.rows)] = x[place(c, start + i * between, x.rows)]
        for c in range(width):
            clear_last_lanes(y, height, end + c * between, y.rows)
