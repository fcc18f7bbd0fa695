"""Embeddings: whole vectors of a table for each code, and one-hot vectors."""

from __future__ import annotations

from math import sqrt

from numpy import float32

from dltool.kernels.cpu.channels import place
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.operands import Codes, Integers, chunk
from dltool.kernels.cpu.pointers import advance, at
from dltool.kernels.cpu.vector import clear_vectors, constant, copy_vectors, load, splat, store
from dltool.kernels.records import BATCH, LANES


def weight_of(codes, length):
    """1 / √(number of codes that are not negative), or 0 without any."""
    count = 0
    for i in range(length):
        if codes[i] >= 0:
            count += 1
    return float32(1) / float32(sqrt(float32(count))) if count > 0 else float32(0)


@kernel
def embed(codes: Codes, rows: Integers, table, x, start, length, step, low, high):
    """x (width) = Σ table[code] over a sample's codes ≥ 0, over √(their number); overwrites x."""
    width, height, all_rows = codes.channels, table.rows, x.rows
    for block in range(x.blocks):
        column = advance(table, block * height * LANES)
        for sample in range(low, high):
            own = advance(codes, rows[sample] * width + start)
            total = constant(0)
            for i in range(length):
                if own[i] >= 0:
                    total = total + load(column, own[i] * LANES)
            if length > 1:
                total = total * splat(weight_of(own, length))
            store(x, place(block * LANES, sample, all_rows), total)


@kernel
def embed_gradient(codes: Codes, rows: Integers, dx, dtable, start, length, step, low, high):
    """dtable (size, width) = Σ over the batch of dx in the rows of its codes, for some columns; overwrites these."""
    width, height, all_rows, dtable = codes.channels, dtable.rows, dx.rows, chunk(dtable, low)
    clear_vectors(at(dtable, low), high - low)
    for block in range(low // height, high // height):
        column = advance(dtable, block * height * LANES)
        for sample in range(step[BATCH]):
            own = advance(codes, rows[sample] * width + start)
            upstream = load(dx, place(block * LANES, sample, all_rows))
            if length > 1:
                upstream = upstream * splat(weight_of(own, length))
            for i in range(length):
                if own[i] >= 0:
                    store(column, own[i] * LANES, load(column, own[i] * LANES) + upstream)


@kernel
def one_hot(codes: Codes, rows: Integers, shares, x, start, step, low, high):
    """x (size) = 1 at the sample's code, else 0; the shares for code 0 where given; overwrites x."""
    width, all_rows = codes.channels, x.rows
    for block in range(x.blocks):
        for sample in range(low, high):
            store(x, place(block * LANES, sample, all_rows), constant(0))
    for sample in range(low, high):
        code = codes[rows[sample] * width + start]
        if code == 0 and len(shares) > 0:
            for block in range(x.blocks):
                store(x, place(block * LANES, sample, all_rows), load(shares[0], block * LANES))
        elif code >= 0:
            x[place(code, sample, all_rows)] = float32(1)


@kernel
def mean_rows(w, shares, y, first, step, low, high):
    """y (R, N) = w (R, N), but the first row of each field is its mean by shares, for some blocks; overwrites y."""
    for block in range(low, high):
        source, target = at(w, block * w.rows), at(y, block * y.rows)
        copy_vectors(source, target, w.rows)
        for field in range(first[0]):
            own, begin, mean = shares[field], first[1 + field], constant(0)
            for code in range(own.channels):
                mean = mean + load(source, (begin + code) * LANES) * splat(own[code])
            store(target, begin * LANES, mean)
