"""Filling a span of an epoch from a file of records, in one pass over the file.

The samples of a span lie all over the file. `sort_rows` finds out, for a run of them, which lie in which block of the
file; `spread` then copies those of a block that was just read, of all runs, to their places in the span.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numpy import uint32

from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import I1, call, instruction
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.pointers import advance, byte_pointer, integer_pointer, prefetch_to_write, word_pointer
from dltool.kernels.records import (
    AHEAD,
    PIECE_BYTES,
    PIECE_FIELDS,
    PIECE_START,
    PIECE_TARGET,
    RUN,
    RUN_BITS,
    SORT_BITS,
    SORT_BLOCKS,
    SORT_ENDS,
    SORT_KEYS,
    SORT_ROWS,
    SPREAD_BLOCK,
    SPREAD_BLOCKS,
    SPREAD_ENDS,
    SPREAD_FIELDS,
    SPREAD_KEYS,
    SPREAD_PIECES,
    SPREAD_SIZE,
    SPREAD_SOURCE,
)

LINE_BYTES = 64


@instruction
def copy_bytes(target: Any, source: Any, count: Any):
    """Copy `count` bytes between places that do not overlap."""

    def emit(builder: Any, args: Any) -> Any:
        call(builder, "llvm.memcpy.p0.p0.i64", ir.VoidType(), *args, I1(0))

    return types.void(target, source, types.int64), emit


@kernel
def sort_rows(a, step, low, high):
    """keys (n,) of the rows (n,), n = high - low, sorted by block, and ends (blocks,) of each block's; overwrites both.

    A counting sort: rows of one block keep their order.
    """
    rows, keys, ends = integer_pointer(a[SORT_ROWS]), word_pointer(a[SORT_KEYS]), word_pointer(a[SORT_ENDS])
    blocks, bits = a[SORT_BLOCKS], a[SORT_BITS]
    for block in range(blocks):
        ends[block] = uint32(0)
    for i in range(low, high):
        block = rows[i] >> bits
        ends[block] = uint32(ends[block] + uint32(1))
    total = uint32(0)
    for block in range(blocks):  # from counts to where the keys of each block start
        count = ends[block]
        ends[block] = total
        total = uint32(total + count)
    within = (1 << bits) - 1
    for i in range(low, high):  # which moves each start to the end
        block = rows[i] >> bits
        place = ends[block]
        keys[place] = uint32(((rows[i] & within) << RUN_BITS) | (i - low))
        ends[block] = uint32(place + uint32(1))


def number_of(key):
    """The number within its run of the sample that a key stands for."""
    return int(key & uint32(RUN - 1))


@kernel
def spread(a, step, low, high):
    """Copy a block's records, piece by piece, to those samples of the runs low … high - 1 that take them.

    Overwrites places all over the span's arrays (samples, …), so they are fetched ahead.
    """
    blocks, block, source, size = a[SPREAD_BLOCKS], a[SPREAD_BLOCK], byte_pointer(a[SPREAD_SOURCE]), a[SPREAD_SIZE]
    pieces, count_of_pieces = advance(a, SPREAD_FIELDS), a[SPREAD_PIECES]
    for run in range(low, high):
        ends = advance(word_pointer(a[SPREAD_ENDS]), run * blocks)
        keys = advance(word_pointer(a[SPREAD_KEYS]), run * RUN)
        start = int(ends[block - 1]) if block > 0 else 0
        for k in range(start, int(ends[block])):
            soon, sample = run * RUN + number_of(keys[k + AHEAD]), run * RUN + number_of(keys[k])
            record = advance(source, int(keys[k] >> uint32(RUN_BITS)) * size)
            for i in range(count_of_pieces):
                piece = advance(pieces, i * PIECE_FIELDS)
                count, target = piece[PIECE_BYTES], byte_pointer(piece[PIECE_TARGET])
                next_target = advance(target, soon * count)
                prefetch_to_write(next_target)
                if count > LINE_BYTES:
                    prefetch_to_write(advance(next_target, LINE_BYTES))
                copy_bytes(advance(target, sample * count), advance(record, piece[PIECE_START]), count)
