"""Products on blocked operands: activations (C/16, rows, 16), matrices (N/16, K, 16), both as they are stored.

K and N are padded to whole blocks with zeros, which contribute nothing.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numpy import float32

from dltool.kernels.cpu.arguments import (
    advance,
    at,
    bits_as_number,
    blocks,
    call_span,
    channels,
    float_pointer,
    floats,
    origin,
    rows,
    rows_per_sample,
)
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.span import clear_padding
from dltool.kernels.cpu.tile import make_tile, wide_registers
from dltool.kernels.cpu.vector import inlined, instruction
from dltool.kernels.records import BATCH, EPILOGUE_FIELDS, LANES, OPERAND, SPAN_FIELDS

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
def matmul(a, step, low, high):
    """y (…, N) = epilogue(x (…, K) · w (K, N) + bias (N)); overwrites y and the epilogue's output."""
    w, depth, columns = floats(a, 1), blocks(a, 0), blocks(a, 2)
    chunk = even_chunk(depth)
    for part in range(-(-depth // chunk)):
        for j in range(columns):
            panel = at(w, (j * depth + part * chunk) * LANES)
            panel_product(a, low, high, j, part, chunk, panel)


@kernel
def matmul_data_gradient(a, step, low, high):
    """dx (…, K) = epilogue(dy (…, N) · w (K, N)ᵀ + bias (K)); overwrites dx and the epilogue's output.

    The panel of wᵀ at hand is transposed into the first-level cache, where all rows of the thread use it.
    """
    w, depth, columns = floats(a, 1), blocks(a, 0), blocks(a, 2)
    panel = local_vectors()
    chunk = even_chunk(depth)
    for part in range(-(-depth // chunk)):
        for j in range(columns):
            first = part * chunk
            for block in range(first, min(first + chunk, depth)):
                transpose_block(at(w, (block * columns + j) * LANES), at(panel, (block - first) * LANES))
            panel_product(a, low, high, j, part, chunk, panel)


@inlined
def even_chunk(depth):
    """Blocks of depth to take at once: at most DEPTH, and about as many each time."""
    return -(-depth // (-(-depth // DEPTH)))


@inlined
def panel_product(a, low, high, j, part, chunk, panel):
    """One block of outputs for a thread's rows: adds one chunk of the depth, and ends with the epilogue."""
    depth, stride = blocks(a, 0), rows(a, 0) * LANES
    first = part * chunk
    taps = min(chunk, depth - first)
    last = first + taps == depth
    low, count = low * rows_per_sample(a, 0), (high - low) * rows_per_sample(a, 0)
    e = 3 * OPERAND
    offset = j * stride + low * LANES
    c = advance(floats(a, 2), offset)
    source = advance(floats(a, 0), first * stride + low * LANES)
    start = advance(float_pointer(a[e]), j * LANES) if first == 0 else c
    least = float32(bits_as_number(a[e + 1])) if last else float32(-float("inf"))
    product_rows(taps, source, stride, panel, start, 0 if first == 0 else LANES, c, count, least)
    if last:
        finish(a, e, c, offset, count, channels(a, 2) - j * LANES)


@inlined
def finish(a, e, c, offset, count, used):
    """The elementwise ops of the epilogue at `e` of the record, if it has any, on rows at `c` with `used` channels."""
    for place in range(e + 2, e + EPILOGUE_FIELDS, SPAN_FIELDS):
        if a[place] != 0:
            saved, out = advance(float_pointer(a[place + 1]), offset), advance(float_pointer(a[place + 2]), offset)
            one, other = float32(bits_as_number(a[place + 3])), float32(bits_as_number(a[place + 4]))
            call_span(a[place], c, saved, out, count, one, other)
            if used < LANES:
                clear_padding(out, count, used)
            c = out


@instruction
def local_vectors(typing: Any):
    """Room on the stack for a panel: DEPTH blocks of 16 × 16."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        room = cgutils.alloca_once(builder, ir.ArrayType(ir.FloatType(), DEPTH * LANES * LANES))
        room.align = 64
        return builder.bitcast(room, ir.FloatType().as_pointer())

    return types.CPointer(types.float32)(), emit


@kernel
def matmul_weight_gradient(a, step, low, high):
    """dw (K, N) = Σ over rows of x (…, K)ᵀ · dy (…, N), for the 16 × 16 blocks between two vectors; overwrites dw."""
    x, dy, dw = floats(a, 0), floats(a, 1), floats(a, 2)
    depth, stride = blocks(a, 0), rows(a, 0) * LANES
    zero = float_pointer(a[3 * OPERAND])
    count = step[BATCH] * rows_per_sample(a, 0)
    dw = advance(dw, -origin(a, 2, low) * LANES)
    for block in range(low // LANES, high // LANES):
        j, k = block // depth, block % depth
        source, upstream, out = advance(x, k * stride), advance(dy, j * stride), advance(dw, block * LANES * LANES)
        outer_products(count, source, upstream, zero, 0, out)


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
