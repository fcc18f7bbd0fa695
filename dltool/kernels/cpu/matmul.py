"""Products on blocked operands: activations (C/16, rows, 16), matrices (N/16, K, 16), both as they are stored.

K and N are padded to whole blocks with zeros, which contribute nothing.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numpy import float32

from dltool.kernels.cpu.epilogue import bias_of, finish, floor_of
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.operands import chunk
from dltool.kernels.cpu.pointers import advance, at
from dltool.kernels.cpu.tile import make_tile, wide_registers
from dltool.kernels.cpu.vector import constant, inlined, instruction, store
from dltool.kernels.records import BATCH, LANES

#: blocks of depth taken at once, so that a panel of the matrix (16 KiB) stays in the first-level cache
DEPTH = 16

_WIDE = wide_registers()
_TALLEST = 16 if _WIDE else 6
_product = {"unroll": LANES, "row_stride": LANES, "unroll_stride": 1, "floor": True}
_tallest = make_tile(_TALLEST, **_product)
_eight, _four, _two, _one = (make_tile(height, **_product) for height in (8, 4, 2, 1))

_gradient = {"unroll": 1, "row_stride": 1, "unroll_stride": 0, "floor": False}
_all_16 = make_tile(16, **_gradient)
_first_6, _last_4 = make_tile(6, **_gradient), make_tile(4, **_gradient)


@inlined
def product_rows(depth, x, stride, panel, start, step, out, count, least):
    """`count` rows of one block of outputs, by the tallest tiles that fit."""
    i = 0
    while i + _TALLEST <= count:
        _tallest(depth, at(x, i), stride, panel, advance(start, i * step), step, at(out, i), least)
        i += _TALLEST
    if _WIDE and i + 8 <= count:
        _eight(depth, at(x, i), stride, panel, advance(start, i * step), step, at(out, i), least)
        i += 8
    if i + 4 <= count:
        _four(depth, at(x, i), stride, panel, advance(start, i * step), step, at(out, i), least)
        i += 4
    if i + 2 <= count:
        _two(depth, at(x, i), stride, panel, advance(start, i * step), step, at(out, i), least)
        i += 2
    if i < count:
        _one(depth, at(x, i), stride, panel, advance(start, i * step), step, at(out, i), least)


@kernel
def matmul(x, w, y, epilogue, step, low, high):
    """y (…, N) = epilogue(x (…, K) · w (K, N) + bias (N)); overwrites y and the epilogue's output."""
    depth, size = x.blocks, even_chunk(x.blocks)
    for part in range(-(-depth // size)):
        for j in range(y.blocks):
            panel = at(w, (j * depth + part * size) * LANES)
            panel_product(x, y, epilogue, low, high, j, part, size, panel)


@kernel
def matmul_data_gradient(dy, w, dx, epilogue, step, low, high):
    """dx (…, K) = epilogue(dy (…, N) · w (K, N)ᵀ + bias (K)); overwrites dx and the epilogue's output.

    The panel of wᵀ at hand is transposed into the first-level cache, where all rows of the thread use it.
    """
    depth, columns = dy.blocks, dx.blocks
    panel = local_vectors()
    size = even_chunk(depth)
    for part in range(-(-depth // size)):
        for j in range(columns):
            first = part * size
            for block in range(first, min(first + size, depth)):
                transpose_block(at(w, (block * columns + j) * LANES), at(panel, (block - first) * LANES))
            panel_product(dy, dx, epilogue, low, high, j, part, size, panel)


@inlined
def even_chunk(depth):
    """Blocks of depth to take at once: at most DEPTH, and about as many each time."""
    return -(-depth // (-(-depth // DEPTH)))


@inlined
def panel_product(x, y, epilogue, low, high, j, part, size, panel):
    """One block of outputs for a thread's rows: adds one chunk of the depth, and ends with the epilogue."""
    depth, stride = x.blocks, x.rows * LANES
    first = part * size
    taps = min(size, depth - first)
    last = first + taps == depth
    low, count = low * x.rows_per_sample, (high - low) * x.rows_per_sample
    offset = j * stride + low * LANES
    out, source = advance(y, offset), advance(x, first * stride + low * LANES)
    start = advance(bias_of(epilogue), j * LANES) if first == 0 else out
    floor = floor_of(epilogue) if last else float32(-float("inf"))
    product_rows(taps, source, stride, panel, start, 0 if first == 0 else LANES, out, count, floor)
    if last:
        finish(epilogue, out, offset, count, y.channels - j * LANES)


@instruction
def local_vectors(typing: Any):
    """Room on the stack for a panel: DEPTH blocks of 16 × 16."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        with builder.goto_entry_block():  # without the zeros that Numba would fill it with
            room = builder.alloca(ir.ArrayType(ir.FloatType(), DEPTH * LANES * LANES))
        room.align = 64
        return builder.bitcast(room, ir.FloatType().as_pointer())

    return types.CPointer(types.float32)(), emit


@kernel
def matmul_weight_gradient(x, dy, dw, step, low, high):
    """dw (K, N) = Σ over rows of x (…, K)ᵀ · dy (…, N), for the 16 × 16 blocks between two vectors; overwrites dw."""
    depth, stride = x.blocks, x.rows * LANES
    count, dw = step[BATCH] * x.rows_per_sample, chunk(dw, low)
    zeros = local_vectors()
    store(zeros, 0, constant(0))
    for block in range(low // LANES, high // LANES):
        j, k = block // depth, block % depth
        source, upstream, out = advance(x, k * stride), advance(dy, j * stride), advance(dw, block * LANES * LANES)
        outer_products(count, source, upstream, zeros, 0, out)


@inlined
def outer_products(count, source, upstream, start, step, out):
    """A 16 × 16 block: `start` plus the sum over `count` rows of source · upstream."""
    if _WIDE:
        _all_16(count, source, LANES, upstream, start, step, out, float32(0))
    else:
        _first_6(count, source, LANES, upstream, start, step, out, float32(0))
        start, source, out = advance(start, 6 * step), advance(source, 6), at(out, 6)
        _first_6(count, source, LANES, upstream, start, step, out, float32(0))
        start, source, out = advance(start, 6 * step), advance(source, 6), at(out, 6)
        _last_4(count, source, LANES, upstream, start, step, out, float32(0))
