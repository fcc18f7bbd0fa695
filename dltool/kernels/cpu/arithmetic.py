"""Sums and products of values, joining and cutting them along the channels, and other shapes of the same elements."""

from __future__ import annotations

from dltool.kernels.cpu.arguments import attribute, blocks, channels, floats, operands, rows, rows_per_sample
from dltool.kernels.cpu.kernel import kernel, span
from dltool.kernels.cpu.lanes import first_lanes
from dltool.kernels.cpu.vector import constant, inlined, load, select, store
from dltool.kernels.records import LANES


@span
def add(a, b, y, vectors, one, two):
    """y = a + b."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, load(a, i) + load(b, i))


@span
def multiply(a, b, y, vectors, one, two):
    """y = a · b."""
    for i in range(0, vectors * LANES, LANES):
        store(y, i, load(a, i) * load(b, i))


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
def concat(a, step, low, high):
    """y (…, ΣC) = the inputs side by side; overwrites y."""
    inputs = operands(a) - 1
    y, all_rows, width = floats(a, inputs), rows(a, inputs), channels(a, inputs)
    low, high = low * rows_per_sample(a, 0), high * rows_per_sample(a, 0)
    first = 0
    for i in range(inputs):
        copy_rows(floats(a, i), 0, y, first, channels(a, i), low, high, all_rows)
        first += channels(a, i)
    clear_last_block(y, width, low, high, all_rows)


@kernel
def take(a, step, low, high):
    """y (…, size) = x from channel `start` on; overwrites y."""
    x, y, all_rows, size = floats(a, 0), floats(a, 1), rows(a, 0), channels(a, 1)
    low, high = low * rows_per_sample(a, 0), high * rows_per_sample(a, 0)
    copy_rows(x, attribute(a, 2, 0), y, 0, size, low, high, all_rows)
    clear_last_block(y, size, low, high, all_rows)


@kernel
def split(a, step, low, high):
    """Parts (…, C) of the channels of x (…, parts · C); overwrites them."""
    x, all_rows, size = floats(a, 0), rows(a, 0), channels(a, 1)
    low, high = low * rows_per_sample(a, 0), high * rows_per_sample(a, 0)
    for i in range(1, operands(a)):
        copy_rows(x, (i - 1) * size, floats(a, i), 0, size, low, high, all_rows)
        clear_last_block(floats(a, i), size, low, high, all_rows)


@kernel
def reshape(a, step, low, high):
    """y = the elements of every sample of x in the same order, in another shape; overwrites y."""
    x, y = floats(a, 0), floats(a, 1)
    x_rows, y_rows, x_width, y_width = rows(a, 0), rows(a, 1), channels(a, 0), channels(a, 1)
    x_per, y_per = rows_per_sample(a, 0), rows_per_sample(a, 1)
    fitting = x_width == y_width or (x_width % LANES == 0 and y_width % LANES == 0)
    for sample in range(low, high):
        if fitting:  # vectors stay whole
            block, line = 0, sample * y_per
            for row in range(sample * x_per, (sample + 1) * x_per):
                for part in range(blocks(a, 0)):
                    store(y, (block * y_rows + line) * LANES, load(x, (part * x_rows + row) * LANES))
                    block += 1
                    if block == blocks(a, 1):
                        block, line = 0, line + 1
            continue
        for element in range(x_per * x_width):
            source = place(element % x_width, sample * x_per + element // x_width, x_rows)
            y[place(element % y_width, sample * y_per + element // y_width, y_rows)] = x[source]
        for row in range(sample * y_per, (sample + 1) * y_per):
            clear_last_lanes(y, y_width, row, y_rows)
