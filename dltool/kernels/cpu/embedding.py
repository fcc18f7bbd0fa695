"""Integers as values of the batch, in blocks like numbers, and the rows of a table that they name."""

from __future__ import annotations

from dltool.kernels.cpu.channels import place
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.operands import Codes, Integers, chunk
from dltool.kernels.cpu.pointers import advance, at
from dltool.kernels.cpu.vector import clear_vectors, constant, load, store
from dltool.kernels.records import BATCH, LANES


@kernel
def gather_codes(data: Codes, rows: Integers, codes: Codes, start, length, size, step, low, high):
    """codes (…, C) = `length` codes from `start` on of the rows of data, `size` codes each; overwrites codes."""
    width, per = codes.channels, codes.rows_per_sample
    for sample in range(low, high):
        source = advance(data, rows[sample] * size + start)
        for row in range(per):
            for c in range(codes.blocks * LANES):
                target = place(c, sample * per + row, codes.rows)
                codes[target] = source[row * width + c] if c < width else 0


@kernel
def next_tokens(block: Codes, tokens: Codes, following: Codes, step, low, high):
    """(tokens (T,), following (T,)) of block (T + 1,); overwrites both."""
    width = tokens.channels
    for sample in range(low, high):
        for c in range(tokens.blocks * LANES):
            target = place(c, sample, tokens.rows)
            tokens[target] = block[place(c, sample, block.rows)] if c < width else 0
            following[target] = block[place(c + 1, sample, block.rows)] if c < width else 0


def code_at(codes, element):
    """The code that is number `element` among those of all samples."""
    return codes[place(element % codes.channels, element // codes.channels, codes.rows)]


@kernel
def embedding(codes: Codes, table, x, size, step, low, high):
    """x (…, width) = the rows of table (size, width) that codes (…) name, else 0; overwrites x."""
    for block in range(x.blocks):
        column, target = at(table, block * table.rows), at(x, block * x.rows)
        for line in range(low * codes.rows_per_sample, high * codes.rows_per_sample):
            for c in range(codes.channels):
                code, row = codes[place(c, line, codes.rows)], line * codes.channels + c
                named = 0 <= code < size
                store(target, row * LANES, load(column, code * LANES) if named else constant(0))


@kernel
def embedding_gradient(codes: Codes, dx, dtable, size, step, low, high):
    """dtable (size, width) = Σ over the batch of dx (…, width) in the rows of its codes (…), for some columns."""
    height, dtable = dtable.rows, chunk(dtable, low)
    clear_vectors(at(dtable, low), high - low)
    for block in range(low // height, high // height):
        column, source = at(dtable, block * height), at(dx, block * dx.rows)
        for line in range(step[BATCH] * codes.rows_per_sample):
            for c in range(codes.channels):
                code, row = codes[place(c, line, codes.rows)], line * codes.channels + c
                if 0 <= code < size:
                    target = code * LANES
                    store(column, target, load(column, target) + load(source, row * LANES))
