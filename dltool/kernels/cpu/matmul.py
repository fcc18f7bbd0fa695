"""Products on blocked operands: activations (C/16, rows, 16), matrices (N/16, K, 16), both as they are stored.

K and N are padded to whole blocks with zeros, which contribute nothing.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.cpu.epilogue import bias_of, finish, floor_of
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.pointers import advance, at, prefetch_to_read
from dltool.kernels.cpu.product import (
    DEPTH,
    columns_together,
    local_panels,
    outer_product,
    outer_products,
    product_of_column,
    product_rows,
)
from dltool.kernels.cpu.vector import constant, store
from dltool.kernels.records import BATCH, LANES

#: blocks of 16 × 16 numbers of a matrix that is likely to be in memory rather than in the second-level cache
LARGE = 2048
#: rows of the batch taken at once for a weight gradient, so that they stay in the second-level cache
ROWS = 512


@kernel
def matmul(x, w, y, epilogue, tiles, step, low, high):
    """y (…, N) = epilogue(x (…, K) · w (K, N) + bias (N)); overwrites y and the epilogue's output."""
    depth, size = x.blocks, even_chunk(x.blocks)
    for part in range(-(-depth // size)):
        first = 0
        while first < y.blocks:
            columns = columns_together(y.blocks - first)
            panels = at(w, (first * depth + part * size) * LANES), depth * LANES * LANES
            if depth * y.blocks >= LARGE and first + columns < y.blocks:
                fetch_ahead(advance(panels[0], columns * panels[1]), columns, panels[1], size)
            panel_product(tiles, x, y, epilogue, low, high, first, columns, part, size, panels)
            first += columns


@kernel
def matmul_data_gradient(dy, w, dx, epilogue, tiles, step, low, high):
    """dx (…, K) = epilogue(dy (…, N) · w (K, N)ᵀ + bias (K)); overwrites dx and the epilogue's output.

    The panels of wᵀ at hand are transposed into the cache, where all rows of the thread use them.
    """
    depth, size = dy.blocks, even_chunk(dy.blocks)
    turned = local_panels()
    for part in range(-(-depth // size)):
        first = 0
        taps = min(size, depth - part * size)
        while first < dx.blocks:
            columns = columns_together(dx.blocks - first)
            source, across = at(w, (part * size * dx.blocks + first) * LANES), dx.blocks * LANES * LANES
            if depth * dx.blocks >= LARGE and first + columns < dx.blocks:
                fetch_ahead(at(source, columns * LANES), taps, across, columns)
            for block in range(taps):
                for j in range(columns):
                    place = advance(source, block * across + j * LANES * LANES)
                    transpose_block(place, at(turned, (j * size + block) * LANES))
            panels = turned, size * LANES * LANES
            panel_product(tiles, dy, dx, epilogue, low, high, first, columns, part, size, panels)
            first += columns


def fetch_ahead(source, count, distance, blocks):
    """Ask for what the next panels are made of: in `count` places, `distance` floats apart, some blocks each."""
    for i in range(count):
        for row in range(blocks * LANES):
            prefetch_to_read(advance(source, i * distance + row * LANES))


def even_chunk(depth):
    """Blocks of depth to take at once: at most DEPTH, and about as many each time."""
    return -(-depth // (-(-depth // DEPTH)))


def panel_product(tiles, x, y, epilogue, low, high, first, columns, part, size, panels):
    """Some blocks of outputs for a thread's rows: adds one chunk of the depth, and ends with the epilogue."""
    depth, stride, across = x.blocks, x.rows * LANES, y.rows * LANES
    begin = part * size
    taps = min(size, depth - begin)
    last = begin + taps == depth
    low, count = low * x.rows_per_sample, (high - low) * x.rows_per_sample
    offset = first * across + low * LANES
    source, out = advance(x, begin * stride + low * LANES), (advance(y, offset), across)
    start = (at(bias_of(epilogue), first), 0, LANES) if begin == 0 else (out[0], LANES, across)
    floor = floor_of(epilogue) if last else float32(-inf)
    if columns == 1:
        product_of_column(tiles, taps, source, stride, panels[0], start, out[0], count, floor)
    else:
        product_rows(tiles, taps, source, stride, panels, start, out, count, columns, floor)
    if last:
        for j in range(columns):
            place = offset + j * across
            finish(epilogue, advance(y, place), place, count, y.channels - (first + j) * LANES)


@kernel
def matmul_weight_gradient(x, dy, dw, tiles, step, low, high):
    """dw (K, N) = Σ over rows of x (…, K)ᵀ · dy (…, N), for the 16 × 16 blocks between two vectors; overwrites dw."""
    depth, stride = x.blocks, x.rows * LANES
    count, dw = step[BATCH] * x.rows_per_sample, chunk(dw, low)
    room = local_panels()
    store(room, 0, constant(0))
    zeros, squares = (room, 0, 0), (at(room, 1), LANES * LANES)
    block, end = low // LANES, high // LANES
    while block < end:
        j, k = block // depth, block % depth
        columns, out = columns_together(min(end - block, depth - k)), at(dw, block * LANES)
        source, upstream = advance(x, k * stride), advance(dy, j * stride)
        if columns == 1:
            outer_product(count, source, upstream, zeros, out)
        else:  # blocks of x lie along the tile, so sums come out transposed
            for first in range(0, count, ROWS):
                rows, start = min(ROWS, count - first), zeros if first == 0 else (squares[0], LANES, squares[1])
                seen = at(source, first), stride
                outer_products(tiles, rows, LANES, columns, at(upstream, first), seen, start, squares)
            for i in range(columns):
                transpose_block(at(squares[0], i * LANES), at(out, i * LANES))
        block += columns
