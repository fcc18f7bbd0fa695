"""Channels of rows, in blocks of 16: where each lies, and copying, clearing, reading and writing some of them."""

from __future__ import annotations

from dltool.kernels.cpu.lanes import first_lanes, get_lane, set_lane
from dltool.kernels.cpu.vector import constant, load, select, store
from dltool.kernels.records import LANES


def place(channel, row, all_rows):
    """Where an element lies in a blocked buffer."""
    return ((channel // LANES) * all_rows + row) * LANES + channel % LANES


def copy_rows(source, source_first, target, target_first, count, low, high, all_rows):
    """Copy `count` channels of some rows, whole vectors at a time where both sides are aligned."""
    c = 0
    if source_first % LANES == 0 and target_first % LANES == 0:
        while c + LANES <= count:
            start, end = place(source_first + c, 0, all_rows), place(target_first + c, 0, all_rows)
            for row in range(low, high):
                store(target, end + row * LANES, load(source, start + row * LANES))
            c += LANES
    while c < count:
        start, end = place(source_first + c, 0, all_rows), place(target_first + c, 0, all_rows)
        for row in range(low, high):
            target[end + row * LANES] = source[start + row * LANES]
        c += 1


def clear_last_lanes(y, used, row, all_rows):
    """Zero the padding of one row whose last axis has `used` channels."""
    if used % LANES:
        vector = place(used // LANES * LANES, row, all_rows)
        store(y, vector, select(first_lanes(used % LANES), load(y, vector), constant(0)))


def clear_last_block(y, used, low, high, all_rows):
    """Zero the padding of some rows whose last axis has `used` channels."""
    if used % LANES:
        for row in range(low, high):
            clear_last_lanes(y, used, row, all_rows)


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
