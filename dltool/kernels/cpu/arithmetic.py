"""Sums and products of values, and joining and cutting them along the channels."""

from __future__ import annotations

from dltool.kernels.cpu.broadcasting import combine_broadcast
from dltool.kernels.cpu.channels import clear_last_block, copy_rows
from dltool.kernels.cpu.kernel import elementwise, kernel
from dltool.kernels.cpu.vector import load, store
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


def added(a, b):
    """a + b."""
    return a + b


def subtracted(a, b):
    """a − b."""
    return a - b


def multiplied(a, b):
    """a · b."""
    return a * b


def divided(a, b):
    """a / b."""
    return a / b


@kernel
def add_broadcast(a, b, y, axes, step, low, high):
    """y (…) = a (…) + b, broadcast; overwrites y."""
    combine_broadcast(added, a, b, y, axes, low, high)


@kernel
def subtract_broadcast(a, b, y, axes, step, low, high):
    """y (…) = a (…) − b, broadcast; overwrites y."""
    combine_broadcast(subtracted, a, b, y, axes, low, high)


@kernel
def multiply_broadcast(a, b, y, axes, step, low, high):
    """y (…) = a (…) · b, broadcast; overwrites y."""
    combine_broadcast(multiplied, a, b, y, axes, low, high)


@kernel
def divide_broadcast(a, b, y, axes, step, low, high):
    """y (…) = a (…) / b, broadcast; overwrites y."""
    combine_broadcast(divided, a, b, y, axes, low, high)


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
