"""Products on blocked operands: activations (C/16, rows, 16), matrices (N/16, K, 16). No packing, no copies.

K and N are padded to whole blocks with zeros, which contribute nothing.
"""

from __future__ import annotations

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
from dltool.kernels.cpu.span import clear_padding
from dltool.kernels.cpu.tile import make_tile, wide_registers
from dltool.kernels.cpu.vector import inlined
from dltool.kernels.records import BATCH, LANES, OPERAND

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
    x, w, y = floats(a, 0), floats(a, 1), floats(a, 2)
    depth, columns, stride = blocks(a, 0), blocks(a, 2), rows(a, 0) * LANES
    low, high = low * rows_per_sample(a, 0), high * rows_per_sample(a, 0)
    e = 3 * OPERAND
    bias, least, span = float_pointer(a[e]), float32(bits_as_number(a[e + 1])), a[e + 2]
    saved, out = float_pointer(a[e + 3]), float_pointer(a[e + 4])
    one, other = float32(bits_as_number(a[e + 5])), float32(bits_as_number(a[e + 6]))
    chunk = -(-depth // (-(-depth // DEPTH)))
    for part in range(-(-depth // chunk)):
        first = part * chunk
        taps = min(chunk, depth - first)
        last = first + taps == depth
        lowest = least if last else float32(-float("inf"))
        for j in range(columns):
            c = advance(y, j * stride + low * LANES)
            panel = advance(w, (j * depth + first) * LANES * LANES)
            source = advance(x, first * stride + low * LANES)
            start = advance(bias, j * LANES) if first == 0 else c
            product_rows(taps, source, stride, panel, start, 0 if first == 0 else LANES, c, high - low, lowest)
            if last and span != 0:
                offset = j * stride + low * LANES
                call_span(span, c, advance(saved, offset), advance(out, offset), high - low, one, other)
                if (j + 1) * LANES > channels(a, 2):
                    clear_padding(advance(out, offset), high - low, channels(a, 2) - j * LANES)


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
        if _WIDE:
            _all_16(count, source, LANES, upstream, zero, 0, out, float32(0))
        else:
            _first_6(count, source, LANES, upstream, zero, 0, out, float32(0))
            _first_6(count, advance(source, 6), LANES, upstream, zero, 0, advance(out, 96), float32(0))
            _last_4(count, advance(source, 12), LANES, upstream, zero, 0, advance(out, 192), float32(0))
