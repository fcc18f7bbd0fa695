"""Sums and products of values, joining and cutting them along the channels, and other shapes of the same elements."""

from __future__ import annotations

from dltool.kernels.cpu.kernel import elementwise, kernel
from dltool.kernels.cpu.lanes import first_lanes
from dltool.kernels.cpu.vector import constant, inlined, load, select, store
from dltool.kernels.records import LANES


@elementwise
def add(a, b, y, vectors, one, two):
    """y = a + b."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, load(a, i) + load(b, i))


@elementwise
def multiply(a, b, y, vectors, one, two):
    """y = a · b."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, load(a, i) * load(b, i))


@elementwise
def subtract(a, b, y, vectors, one, two):
    """y = a − b."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, load(a, i) - load(b, i))


@elementwise
def divide(a, b, y, vectors, one, two):
    """y = a / b."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, load(a, i) / load(b, i))


@inlined
def place(channel, row, all_rows):
    """Where an element lies in a blocked buffer."""
    return ((channel // LANES) * all_rows + row) * LANES + channel % LANES


@inlined
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


@inlined
def clear_last_lanes(y, used, row, all_rows):
    """Zero the padding of one row whose last axis has `used` channels."""
    if used % LANES:
        vector = place(used // LANES * LANES, row, all_rows)
        store(y, vector, select(first_lanes(used % LANES), load(y, vector), constant(0)))


@inlined
def clear_last_block(y, used, low, high, all_rows):
    """Zero the padding of some rows whose last axis has `used` channels."""
    if used % LANES:
        for row in range(low, high):
            clear_last_lanes(y, used, row, all_rows)


@kernel
def concat(inputs, y, step, low, high):
    """y (…, ΣC) = the inputs side by side; overwrites y."""
    low, high = low * y.rows_per_sample, high * y.rows_per_sample
    first = 0
    for i in range(len(inputs)):
        x = inputs[i]
        copy_rows(x, 0, y, first, x.channels, low, high, y.rows)
        first += x.channels
    clear_last_block(y, y.channels, low, high, y.rows)


@kernel
def split(x, pieces, step, low, high):
    """Parts (…, C) of the channels of x (…, parts · C); overwrites them."""
    low, high = low * x.rows_per_sample, high * x.rows_per_sample
    for i in range(len(pieces)):
        part = pieces[i]
        copy_rows(x, i * part.channels, part, 0, part.channels, low, high, x.rows)
        clear_last_block(part, part.channels, low, high, x.rows)


@kernel
def reshape(x, y, step, low, high):
    """y = the elements of every sample of x in the same order, in another shape; overwrites y."""
    x_rows, y_rows, x_width, y_width = x.rows, y.rows, x.channels, y.channels
    x_per, y_per = x.rows_per_sample, y.rows_per_sample
    fitting = x_width == y_width or (x_width % LANES == 0 and y_width % LANES == 0)
    for sample in range(low, high):
        if fitting:  # vectors stay whole
            block, line = 0, sample * y_per
            for row in range(sample * x_per, (sample + 1) * x_per):
                for part in range(x.blocks):
                    store(y, (block * y_rows + line) * LANES, load(x, (part * x_rows + row) * LANES))
                    block += 1
                    if block == y.blocks:
                        block, line = 0, line + 1
            continue
        for element in range(x_per * x_width):
            source = place(element % x_width, sample * x_per + element // x_width, x_rows)
            y[place(element % y_width, sample * y_per + element // y_width, y_rows)] = x[source]
        for row in range(sample * y_per, (sample + 1) * y_per):
            clear_last_lanes(y, y_width, row, y_rows)
