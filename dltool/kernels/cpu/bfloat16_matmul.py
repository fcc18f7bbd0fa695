"""Products in bfloat16, of words that hold two numbers: activations (C/32, rows, 16), matrices (N/16, K/2, 16).

Words lie as the numbers in products of float32 do, so all else is alike.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.epilogue import bias_of, finish, floor_of
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.pointers import advance, as_integers, at
from dltool.kernels.cpu.product import rows_of_tiles, set_tap
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
        for j in range(y.blocks):
            offset = (j * y.rows + low) * LANES
            out, panel = advance(y, offset), at(w, j * w.rows + first * LANES)
            start = (at(bias_of(epilogue), j), 0, 0) if first == 0 else (out, LANES, 0)
            rows_of_tiles(tiles, count, 1, end - first, table, source, LANES, 1, (panel, 0), start, (out, 0), floor)
            if end == x.blocks:
                finish(epilogue, out, offset, count, y.channels - j * LANES)


@kernel
def bfloat16_weight_gradient(x, dy, dw, tiles, workspace, step, low, high):
    """dw (K, N) = Σ over rows of x (…, K)ᵀ · dy (…, N), for the 16 × 16 blocks between two vectors; overwrites dw."""
    count = (step[BATCH] + 1) // 2 if x.rows_per_sample == 0 else step[BATCH] * x.rows_per_sample
    dw, table = chunk(dw, low), as_integers(workspace)
    zeros = at(workspace, bfloat16_weight_gradient_space()[0])
    set_tap(table, 0, 0, 0, count)
    store(zeros, 0, constant(0))
    for block in range(low // LANES, high // LANES):
        j, k = block // x.blocks, block % x.blocks
        rows_of_tiles(
            tiles, LANES, 1, 1, table, at(x, k * x.rows), 1, LANES, (at(dy, j * dy.rows), 0), (zeros, 0, 0),
            (at(dw, block * LANES), 0), float32(-inf),
        )  # fmt: skip
