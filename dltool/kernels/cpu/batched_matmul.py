"""Products of two activations, matrix by matrix, by the register tile of all products.

A matrix lies in rows of 16 channels, the blocks of its columns far apart. Its rows behind the last one belong to the
next matrix, or to nobody: they are neither read nor written.
"""

from __future__ import annotations

from numpy import float32

from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.matmul import DEPTH, local_vectors, outer_products, product_rows
from dltool.kernels.cpu.pointers import at
from dltool.kernels.cpu.tile import make_tile
from dltool.kernels.cpu.vector import constant, inlined, load, store
from dltool.kernels.records import LANES

_term = {"unroll": 1, "row_stride": LANES, "unroll_stride": 0, "floor": False}
_four_terms, _one_term = make_tile(4, **_term), make_tile(1, **_term)


@kernel
def batched_matmul(x, y, z, transpose_x, transpose_y, matrices, step, low, high):
    """z (…, M, N) = x (…, M, K) · y (…, K, N), either with its axes exchanged; overwrites z."""
    x_rows, y_rows = x.rows_per_sample // matrices, y.rows_per_sample // matrices
    z_rows = z.rows_per_sample // matrices
    panel = local_vectors()
    for matrix in range(low * matrices, high * matrices):
        if transpose_x != 0:
            product_of_rows(x, matrix * x_rows, y, z, matrix * z_rows, x_rows, z_rows, panel)
        elif transpose_y != 0:
            product_of_channels(x, matrix * x_rows, y, matrix * y_rows, z, x_rows, y_rows, panel)
        else:
            product(x, matrix * x_rows, y, matrix * y_rows, z, x_rows, panel)


@inlined
def product(x, x_first, y, y_first, z, count, zeros):
    """x (M, K) · y (K, N): rows of y are panels as they lie."""
    whole, rest = x.channels // LANES, x.channels % LANES
    store(zeros, 0, constant(0))
    source, least = at(x, x_first), float32(-float("inf"))
    for j in range(z.blocks):
        panel, out = at(y, j * y.rows + y_first), at(z, j * z.rows + x_first)
        product_rows(whole, source, x.rows * LANES, panel, zeros, 0, out, count, least)
        if rest:
            add_terms(rest, at(source, whole * x.rows), at(panel, whole * LANES), out, count)


@inlined
def add_terms(terms, x, panel, out, count):
    """Adds to `count` rows the products of the first few channels of a block."""
    i, least = 0, float32(0)
    while i + 4 <= count:
        _four_terms(terms, at(x, i), 1, panel, at(out, i), LANES, at(out, i), least)
        i += 4
    while i < count:
        _one_term(terms, at(x, i), 1, panel, at(out, i), LANES, at(out, i), least)
        i += 1


@inlined
def product_of_channels(x, x_first, y, y_first, z, count, columns, panel):
    """x (M, K) · y (N, K)ᵀ: 16 rows of y are transposed into a panel, some blocks of depth at a time."""
    depth, least = x.blocks, float32(-float("inf"))
    for j in range(z.blocks):
        out, used = at(z, j * z.rows + x_first), min(LANES, columns - j * LANES)
        for first in range(0, depth, DEPTH):
            taps = min(DEPTH, depth - first)
            for tap in range(taps):
                square = at(panel, tap * LANES)
                source = at(y, (first + tap) * y.rows + y_first + j * LANES)
                if used == LANES:
                    transpose_block(source, square)
                else:
                    copy_padded(source, square, used)
                    transpose_block(square, square)
            if first == 0:
                fill_zeros(out, count)
            product_rows(taps, at(x, first * x.rows + x_first), x.rows * LANES, panel, out, LANES, out, count, least)


@inlined
def copy_padded(source, square, used):
    """The first rows of a 16 × 16 block, and zeros."""
    for i in range(LANES):
        store(square, i * LANES, load(source, i * LANES) if i < used else constant(0))


@inlined
def fill_zeros(out, count):
    """Zeros in `count` rows."""
    for i in range(count):
        store(out, i * LANES, constant(0))


@inlined
def product_of_rows(x, x_first, y, z, z_first, depth, count, room):
    """x (K, M)ᵀ · y (K, N): sums of outer products of rows, 16 × 16 numbers at a time."""
    zeros, square = room, at(room, LANES)
    store(zeros, 0, constant(0))
    for j in range(z.blocks):
        upstream = at(y, j * y.rows + x_first)
        for i in range(x.blocks):
            source, out = at(x, i * x.rows + x_first), at(z, j * z.rows + z_first + i * LANES)
            used = count - i * LANES
            if used >= LANES:
                outer_products(depth, source, upstream, zeros, 0, out)
            else:
                outer_products(depth, source, upstream, zeros, 0, square)
                for row in range(used):
                    store(out, row * LANES, load(square, row * LANES))
