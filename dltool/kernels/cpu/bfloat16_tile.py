"""The register tile in bfloat16: like that of float32, but each term is a word of two numbers.

    out[i] = start[i] + Σ over terms of  a[i, term] · b[term]      (out[i]: 16 float32 lanes, b[term]: 16 words)

A word of `a` is broadcast from memory and multiplied with 16 words of `b`: two products a lane, both added in float32.
AVX-512 BF16 does this in one instruction (`vdpbf16ps`: the upper halves first, both sums rounded to nearest, numbers
below the normal range are zero). Elsewhere words are taken apart and multiplied as float32.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from dltool.kernels.bfloat16_unit import has_dot_products
from dltool.kernels.cpu.image import TALLEST
from dltool.kernels.cpu.kernel import tile
from dltool.kernels.cpu.vector import instruction
from dltool.kernels.records import LANES

_F32P, _I64P = types.CPointer(types.float32), types.CPointer(types.int64)
_I32, _I64 = ir.IntType(32), ir.IntType(64)
_SUMS, _WORDS = ir.VectorType(ir.FloatType(), LANES), ir.VectorType(_I32, LANES)
_DOT = "llvm.x86.avx512bf16.dpbf16ps.512"


class _Bfloat(ir.Type):
    """LLVM's type of a bfloat16, which llvmlite lacks."""

    def __str__(self) -> str:
        return "bfloat"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Bfloat)

    def __hash__(self) -> int:
        return hash(_Bfloat)


HALVES = ir.VectorType(_Bfloat(), 2 * LANES)


def _multiply(builder: Any, sums: Any, b: Any, word: Any) -> Any:
    """The sums, plus the products of a vector of words and one word (i32)."""
    undefined = ir.Constant(_WORDS, ir.Undefined)
    first = builder.insert_element(undefined, word, ir.Constant(_I32, 0))
    everywhere = builder.shuffle_vector(first, undefined, ir.Constant(_WORDS, [0] * LANES))
    if has_dot_products():
        kind = ir.FunctionType(_SUMS, [_SUMS, HALVES, HALVES])
        dot = cgutils.get_or_insert_function(builder.module, kind, _DOT)
        # the broadcast comes last: there the instruction takes it from memory
        return builder.call(dot, [sums, builder.bitcast(b, HALVES), builder.bitcast(everywhere, HALVES)])
    fma = cgutils.get_or_insert_function(builder.module, ir.FunctionType(_SUMS, [_SUMS] * 3), "llvm.fma.v16f32")
    for half in (_upper, _lower):
        sums = builder.call(fma, [half(builder, everywhere), half(builder, b), sums])
    return sums


def _upper(builder: Any, words: Any) -> Any:
    return builder.bitcast(builder.and_(words, ir.Constant(_WORDS, [0xFFFF0000] * LANES)), _SUMS)


def _lower(builder: Any, words: Any) -> Any:
    return builder.bitcast(builder.shl(words, ir.Constant(_WORDS, [16] * LANES)), _SUMS)


def _make_tiles(row_step: int) -> Any:
    """Tiles of up to TALLEST rows, whose words of `a` are `row_step` words apart."""
    signature = types.void(
        *(types.int64, types.int64, _I64P, _F32P, types.int64, _F32P, _F32P, types.int64, _F32P, types.float32)
    )

    @instruction
    def tiles(typing, height, taps, table, a, a_step, b, start, start_step, out, least):
        def emit(context, builder, sig, args):
            end = builder.append_basic_block("tiles_end")
            switch = builder.switch(args[0], end)
            for height in range(1, TALLEST + 1):
                case = builder.append_basic_block(f"tile_of_{height}")
                switch.add_case(ir.Constant(_I64, height), case)
                builder.position_at_end(case)
                _emit_tile(builder, height, row_step, *args[1:])
                builder.branch(end)
            builder.position_at_end(end)
            return context.get_dummy_value()

        return signature, emit

    return tiles


def _emit_tile(
    builder: Any, height: int, row_step: int,
    taps: Any, table: Any, a: Any, a_step: Any, b: Any, start: Any, start_step: Any, out: Any, least: Any,
) -> None:  # fmt: skip
    slots = []
    for i in range(height):
        place = builder.gep(start, [builder.mul(ir.Constant(_I64, i), start_step)])
        slots.append(cgutils.alloca_once(builder, _SUMS))
        builder.store(_load(builder, place, _SUMS), slots[i])
    with cgutils.for_range(builder, taps) as tap:
        entry = builder.gep(table, [builder.mul(tap.index, ir.Constant(_I64, 3))])
        a_start, b_start, terms = (builder.load(_at(builder, entry, i)) for i in range(3))
        a_now, b_now = cgutils.alloca_once(builder, a.type), cgutils.alloca_once(builder, b.type)
        builder.store(builder.gep(a, [a_start]), a_now)
        builder.store(builder.gep(b, [b_start]), b_now)
        with cgutils.for_range(builder, terms):
            a_here, b_here = builder.load(a_now), builder.load(b_now)
            words = _load(builder, b_here, _WORDS)
            for i in range(height):
                place = builder.bitcast(_at(builder, a_here, i * row_step), _I32.as_pointer())
                sums = _multiply(builder, builder.load(slots[i]), words, builder.load(place, align=4))
                builder.store(sums, slots[i])
            builder.store(builder.gep(a_here, [a_step]), a_now)
            builder.store(_at(builder, b_here, LANES), b_now)
    limit = cgutils.alloca_once(builder, _SUMS)
    undefined = ir.Constant(_SUMS, ir.Undefined)
    first = builder.insert_element(undefined, least, ir.Constant(_I32, 0))
    builder.store(builder.shuffle_vector(first, undefined, ir.Constant(_WORDS, [0] * LANES)), limit)
    for i in range(height):
        value, floor = builder.load(slots[i]), builder.load(limit)
        value = builder.select(builder.fcmp_ordered("<", value, floor), floor, value)
        builder.store(value, builder.bitcast(_at(builder, out, i * LANES), _SUMS.as_pointer()), align=4)


def _at(builder: Any, pointer: Any, elements: int) -> Any:
    return builder.gep(pointer, [ir.Constant(_I64, elements)])


def _load(builder: Any, pointer: Any, kind: Any) -> Any:
    return builder.load(builder.bitcast(pointer, kind.as_pointer()), align=4)


_row_tiles, _column_tiles = _make_tiles(LANES), _make_tiles(1)


@tile
def bfloat16_row_tiles(count, taps, table, a, a_step, b, start, start_step, out, least):
    """Rows are samples, steps or pixels, terms are pairs of channels."""
    _row_tiles(count, taps, table, a, a_step, b, start, start_step, out, least)


@tile
def bfloat16_column_tiles(count, taps, table, a, a_step, b, start, start_step, out, least):
    """Rows are channels, terms are pairs of samples, steps or pixels."""
    _column_tiles(count, taps, table, a, a_step, b, start, start_step, out, least)
