"""16 channels of a row at a time, wherever they begin: fast where they are a whole block."""

from __future__ import annotations

from dltool.kernels.cpu.arithmetic import place
from dltool.kernels.cpu.lanes import get_lane, set_lane
from dltool.kernels.cpu.vector import constant, load, store
from dltool.kernels.records import LANES


def load_channels(x, rows, row, first, count):
    """Channels from `first` on, at most `count` of them, of a row of x (blocks of `rows`); zeros behind."""
    if first % LANES == 0 and count >= LANES:
        return load(x, place(first, row, rows))
    value = constant(0)
    for i in range(min(count, LANES)):
        value = set_lane(value, i, x[place(first + i, row, rows)])
    return value


def store_channels(x, rows, row, first, count, value):
    """Writes channels from `first` on, at most `count` of them, of a row of x."""
    if first % LANES == 0 and count >= LANES:
        store(x, place(first, row, rows), value)
    else:
        for i in range(min(count, LANES)):
            x[place(first + i, row, rows)] = get_lane(value, i)
