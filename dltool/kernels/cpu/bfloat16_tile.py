"""The register tile in bfloat16: like that of float32, but each term is a word of two numbers.

    out[i] = start[i] + Σ over terms of  a[i, term] · b[term]      (out[i]: 16 float32 lanes, b[term]: 16 words)

A word of `a` is broadcast from memory and multiplied with 16 words of `b`: two products a lane, both added in float32.
AVX-512 BF16 does this in one instruction (`vdpbf16ps`: the upper halves first, both sums rounded to nearest, numbers
below the normal range are zero). Elsewhere words are taken apart and multiplied as float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llvmlite import ir

from dltool.kernels.bfloat16_unit import has_dot_products
from dltool.kernels.compiler.instruction import I32, call, moved
from dltool.kernels.cpu.kernel import tile
from dltool.kernels.cpu.registers import TALLEST, WORDS_ACROSS
from dltool.kernels.cpu.tile import make_tiles, moved_by
from dltool.kernels.cpu.vector import FMA, broadcast, floats16, words16
from dltool.kernels.records import LANES

_SUMS, _WORDS = floats16.llvm, words16.llvm
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
    everywhere = broadcast(builder, word)
    if has_dot_products():
        # the broadcast comes last: there the instruction takes it from memory
        return call(builder, _DOT, _SUMS, sums, builder.bitcast(b, HALVES), builder.bitcast(everywhere, HALVES))
    for half in (_upper, _lower):
        sums = call(builder, FMA, _SUMS, half(builder, everywhere), half(builder, b), sums)
    return sums


def _upper(builder: Any, words: Any) -> Any:
    return builder.bitcast(builder.and_(words, ir.Constant(_WORDS, [0xFFFF0000] * LANES)), _SUMS)


def _lower(builder: Any, words: Any) -> Any:
    return builder.bitcast(builder.shl(words, ir.Constant(_WORDS, [16] * LANES)), _SUMS)


def _add_words(
    builder: Any, a: Any, b: Any, row_stride: int, b_across: Any, sums: Mapping[tuple[int, int], Any]
) -> None:
    """One word for each row times the words of each column, added to all sums."""
    columns = {
        j: builder.load(builder.bitcast(moved_by(builder, b, j, b_across), _WORDS.as_pointer()), align=4)
        for j in dict.fromkeys(j for _, j in sums)
    }
    rows = {
        i: builder.load(builder.bitcast(moved(builder, a, i * row_stride), I32.as_pointer()), align=4)
        for i in dict.fromkeys(i for i, _ in sums)
    }
    for (i, j), place in sums.items():
        builder.store(_multiply(builder, builder.load(place), columns[j], rows[i]), place)


_TALLEST = {across: rows for across, rows in TALLEST.items() if across <= WORDS_ACROSS}
_row_tiles, _column_tiles = (make_tiles(_TALLEST, row_stride, _add_words) for row_stride in (LANES, 1))


@tile
def bfloat16_row_tiles(shared, height, a, start, out):
    """Rows are samples, steps or pixels, terms are pairs of channels."""
    _row_tiles(shared, height, a, start, out)


@tile
def bfloat16_column_tiles(shared, height, a, start, out):
    """Rows are channels, terms are pairs of samples, steps or pixels."""
    _column_tiles(shared, height, a, start, out)
