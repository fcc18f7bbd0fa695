"""Products of two activations, matrix by matrix, by the register tiles of all products.

A matrix lies in rows of 16 channels, the blocks of its columns far apart. Its rows behind the last one belong to the
next matrix, or to nobody: they are neither read nor written.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_rows
from dltool.kernels.cpu.pointers import advance, at
from dltool.kernels.cpu.product import (
    DEPTH,
    columns_of_tiles,
    columns_together,
    local_panels,
    local_table,
    outer_products,
    product_rows,
    set_tap,
)
from dltool.kernels.cpu.vector import clear_vectors, constant, store
from dltool.kernels.records import LANES


@kernel
def batched_matmul(x, y, z, transpose_x, transpose_y, matrices, tiles, other_tiles, step, low, high):
    """z (…, M, N) = x (…, M, K) · y (…, K, N), either with its axes exchanged; overwrites z."""
    x_rows, y_rows = x.rows_per_sample // matrices, y.rows_per_sample // matrices
    z_rows = z.rows_per_sample // matrices
    panels = local_panels()
    for matrix in range(low * matrices, high * matrices):
        if transpose_x != 0:
            product_of_rows(other_tiles, x, matrix * x_rows, y, z, matrix * z_rows, x_rows, z_rows, panels)
        elif transpose_y != 0:
            product_of_channels(tiles, x, matrix * x_rows, y, matrix * y_rows, z, x_rows, y_rows, panels)
        else:
            product(tiles, x, matrix * x_rows, y, matrix * y_rows, z, x_rows, panels)


def product(tiles, x, x_first, y, y_first, z, count, zeros):
    """x (M, K) · y (K, N): rows of y are panels as they lie."""
    store(zeros, 0, constant(0))
    table = local_table()
    source, out, across = at(x, x_first), at(z, x_first), z.rows * LANES
    panels = at(y, y_first), y.rows * LANES
    for first in range(0, x.blocks, DEPTH):
        taps = min(DEPTH, x.blocks - first)
        for tap in range(taps):
            terms = min(LANES, x.channels - (first + tap) * LANES)
            set_tap(table, tap, (first + tap) * x.rows * LANES, (first + tap) * LANES * LANES, terms)
        start = (zeros, 0, 0) if first == 0 else (out, LANES, across)
        columns_of_tiles(
            tiles, count, z.blocks, taps, table, source, LANES, 1, panels, start, (out, across), float32(-inf)
        )


def product_of_channels(tiles, x, x_first, y, y_first, z, count, columns, panels):
    """x (M, K) · y (N, K)ᵀ: 16 rows of y are transposed into a panel, some blocks of depth at a time."""
    depth, across, block = x.blocks, z.rows * LANES, 0
    while block < z.blocks:
        together, out = columns_together(z.blocks - block), at(z, block * z.rows + x_first)
        for j in range(together):
            clear_vectors(advance(out, j * across), count)
        for first in range(0, depth, DEPTH):
            taps = min(DEPTH, depth - first)
            for j in range(together):
                begin = (block + j) * LANES
                for tap in range(taps):
                    source = at(y, (first + tap) * y.rows + y_first + begin)
                    square = at(panels, (j * DEPTH + tap) * LANES)
                    transpose_rows(source, min(LANES, columns - begin), square, square)
            product_rows(
                tiles, taps, at(x, first * x.rows + x_first), x.rows * LANES, (panels, DEPTH * LANES * LANES),
                (out, LANES, across), (out, across), count, together, float32(-inf),
            )  # fmt: skip
        block += together


def product_of_rows(tiles, x, x_first, y, z, z_first, depth, count, zeros):
    """x (K, M)ᵀ · y (K, N): sums of outer products of rows, 16 channels of x at a time."""
    store(zeros, 0, constant(0))
    upstream, across = (at(y, x_first), y.rows * LANES), z.rows * LANES
    for i in range(x.blocks):
        source, out = at(x, i * x.rows + x_first), (at(z, z_first + i * LANES), across)
        rows = min(LANES, count - i * LANES)
        outer_products(tiles, depth, rows, z.blocks, source, upstream, (zeros, 0, 0), out)
