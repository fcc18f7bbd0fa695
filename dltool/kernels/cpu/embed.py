"""Embeddings: whole vectors of a table for each code, and one-hot vectors."""

from __future__ import annotations

from math import sqrt

from numpy import float32

from dltool.kernels.cpu.arguments import (
    advance,
    at,
    attribute,
    blocks,
    channels,
    code_pointer,
    floats,
    integers,
    operands,
    origin,
)
from dltool.kernels.cpu.arguments import rows as stored_rows
from dltool.kernels.cpu.arithmetic import place
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.vector import constant, inlined, load, splat, store
from dltool.kernels.records import ADDRESS, BATCH, LANES, OPERAND


@inlined
def weight_of(codes, length):
    """1 / √(number of codes that are not negative), or 0 without any."""
    count = 0
    for i in range(length):
        if codes[i] >= 0:
            count += 1
    return float32(1) / float32(sqrt(float32(count))) if count > 0 else float32(0)


@kernel
def embed(a, step, low, high):
    """x (width) = Σ table[code] over a sample's codes ≥ 0, over √(their number); overwrites x."""
    data, chosen, table, x = code_pointer(a[ADDRESS]), integers(a, 1), floats(a, 2), floats(a, 3)
    width, height, all_rows = channels(a, 0), stored_rows(a, 2), stored_rows(a, 3)
    start, length = attribute(a, 4, 0), attribute(a, 4, 1)
    for block in range(blocks(a, 3)):
        column = advance(table, block * height * LANES)
        for sample in range(low, high):
            codes = advance(data, chosen[sample] * width + start)
            total = constant(0)
            for i in range(length):
                if codes[i] >= 0:
                    total = total + load(column, codes[i] * LANES)
            if length > 1:
                total = total * splat(weight_of(codes, length))
            store(x, place(block * LANES, sample, all_rows), total)


@kernel
def embed_gradient(a, step, low, high):
    """dtable (size, width) = Σ over the batch of dx in the rows of its codes, for some columns; overwrites these."""
    data, chosen, dx = code_pointer(a[ADDRESS]), integers(a, 1), floats(a, 2)
    dtable = advance(floats(a, 3), -origin(a, 3, low) * LANES)
    width, height, all_rows = channels(a, 0), stored_rows(a, 3), stored_rows(a, 2)
    start, length = attribute(a, 4, 0), attribute(a, 4, 1)
    for vector in range(low, high):
        store(dtable, vector * LANES, constant(0))
    for block in range(low // height, high // height):
        column = advance(dtable, block * height * LANES)
        for sample in range(step[BATCH]):
            codes = advance(data, chosen[sample] * width + start)
            upstream = load(dx, place(block * LANES, sample, all_rows))
            if length > 1:
                upstream = upstream * splat(weight_of(codes, length))
            for i in range(length):
                if codes[i] >= 0:
                    store(column, codes[i] * LANES, load(column, codes[i] * LANES) + upstream)


@kernel
def one_hot(a, step, low, high):
    """x (size) = 1 in the place that a sample's code says, else 0, or the shares for code 0; overwrites x."""
    output = operands(a) - 1
    data, chosen, shares, x = code_pointer(a[ADDRESS]), integers(a, 1), floats(a, 2), floats(a, output)
    width, all_rows, start = channels(a, 0), stored_rows(a, output), attribute(a, output + 1, 0)
    for block in range(blocks(a, output)):
        for sample in range(low, high):
            store(x, place(block * LANES, sample, all_rows), constant(0))
    for sample in range(low, high):
        code = data[chosen[sample] * width + start]
        if code == 0 and output > 2:
            for block in range(blocks(a, output)):
                store(x, place(block * LANES, sample, all_rows), load(shares, block * LANES))
        elif code >= 0:
            x[place(code, sample, all_rows)] = float32(1)


@kernel
def mean_rows(a, step, low, high):
    """y (R, N) = w (R, N), but the first row of each field is its mean by shares, for some blocks; overwrites y."""
    output = operands(a) - 1
    height, fields = stored_rows(a, 0), advance(a, (output + 1) * OPERAND)
    for block in range(low, high):
        w, y = at(floats(a, 0), block * height), at(floats(a, output), block * height)
        for row in range(height):
            store(y, row * LANES, load(w, row * LANES))
        for field in range(fields[0]):
            shares, first, mean = floats(a, 1 + field), fields[1 + field], constant(0)
            for code in range(channels(a, 1 + field)):
                mean = mean + load(w, (first + code) * LANES) * splat(shares[code])
            store(y, first * LANES, mean)
