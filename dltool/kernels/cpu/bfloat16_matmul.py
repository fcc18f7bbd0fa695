"""Products in bfloat16, of words that hold two numbers: activations (C/32, rows, 16), matrices (N/16, K/2, 16).

Words lie as the numbers in products of float32 do, so all else is alike.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.epilogue import bias_of, finish, floor_of
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.pointers import advance, as_integers, at
from dltool.kernels.cpu.product import columns_together, rows_of_tiles, set_tap
from dltool.kernels.cpu.registers import WORDS_ACROSS
from dltool.kernels.cpu.vector import constant, store
from dltool.kernels.cpu.workspace import WORD_BLOCKS, bfloat16_weight_gradient_space
from dltool.kernels.records import BATCH, LANES


@kernel
def bfloat16_matmul(x, w, y, epilogue, tiles, workspace, step, low, high):
    """y (…, N) = epilogue(x (…, K) · w (K, N) + bias (N)); overwrites y and the epilogue's output."""
    table, parts = as_integers(workspace), -(-x.blocks // WORD_BLOCKS)
    low, count = low * y.rows_per_sample, (high - low) * y.rows_per_sample
    for part in range(parts):
        first, end = part * x.blocks // parts, (part + 1) * x.blocks // parts
        for block in range(first, end):
            place = (block - first) * LANES
            set_tap(table, block - first, (block - first) * x.rows * LANES, place * LANES, LANES)
        source = at(x, first * x.rows + low)
        floor = floor_of(epilogue) if end == x.blocks else float32(-inf)
        column = 0
        while column < y.blocks:
            columns = columns_together(min(WORDS_ACROSS, y.blocks - column))
            offset, across = (column * y.rows + low) * LANES, y.rows * LANES
            out, panels = (advance(y, offset), across), (at(w, column * w.rows + first * LANES), w.rows * LANES)
            start = (at(bias_of(epilogue), column), 0, LANES) if first == 0 else (out[0], LANES, across)
            rows_of_tiles(tiles, count, columns, end - first, table, source, LANES, 1, panels, start, out, floor)
            if end == x.blocks:
                for j in range(columns):
                    place = offset + j * across
                    finish(epilogue, advance(y, place), place, count, y.channels - (column + j) * LANES)
            column += columns


@kernel
def bfloat16_weight_gradient(x, dy, dw, tiles, workspace, step, low, high):
    """dw (K, N) = Σ over rows of x (…, K)ᵀ · dy (…, N), for the 16 × 16 blocks between two vectors; overwrites dw."""
    count = (step[BATCH] + 1) // 2 if x.rows_per_sample == 0 else step[BATCH] * x.rows_per_sample
    dw, table = chunk(dw, low), as_integers(workspace)
    at_zeros, at_squares, _ = bfloat16_weight_gradient_space()
    zeros, squares = (at(workspace, at_zeros), 0, 0), (at(workspace, at_squares), LANES * LANES)
    set_tap(table, 0, 0, 0, count)
    store(zeros[0], 0, constant(0))
    block, end = low // LANES, high // LANES
    while block < end:
        j, k = block // x.blocks, block % x.blocks
        columns, out = columns_together(min(WORDS_ACROSS, end - block, x.blocks - k)), at(dw, block * LANES)
        source, upstream = (at(x, k * x.rows), x.rows * LANES), at(dy, j * dy.rows)
        if columns == 1:
            rows_of_tiles(tiles, LANES, 1, 1, table, source[0], 1, LANES, (upstream, 0), zeros, (out, 0), float32(-inf))
        else:  # blocks of x lie along the tile, so sums come out transposed
            rows_of_tiles(tiles, LANES, columns, 1, table, upstream, 1, LANES, source, zeros, squares, float32(-inf))
            for i in range(columns):
                transpose_block(at(squares[0], i * LANES), at(out, i * LANES))
        block += columns
