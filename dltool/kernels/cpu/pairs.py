"""Pairs of numbers in bfloat16, as `dltool.kernels.cpu.bfloat16_tile` multiplies them: 16 words are a vector.

They lie as float32 values of the same shape do, a word in the place of a number.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from dltool.kernels.bfloat16_unit import has_dot_products
from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import I1, I16, I32, I64, call, instruction
from dltool.kernels.cpu.bfloat16 import rounded
from dltool.kernels.cpu.bfloat16_tile import HALVES
from dltool.kernels.cpu.kernel import kernel
from dltool.kernels.cpu.lanes import transpose_block
from dltool.kernels.cpu.pointers import FLOATS, at
from dltool.kernels.cpu.vector import clear_vectors, constant, floats16, load, shuffled, store
from dltool.kernels.pairs import depth_words
from dltool.kernels.records import BATCH, LANES

_SHORTS = ir.VectorType(I16, 2 * LANES)
_CONVERT = "llvm.x86.avx512bf16.cvtne2ps2bf16.512"


def _instruction(order: list[int]) -> Any:
    """Words whose halves are those of two vectors, in an order."""

    def words(first: Any, second: Any):
        def emit(builder: Any, args: Any) -> Any:
            halves = _rounded_halves(builder, *args)
            return builder.bitcast(shuffled(builder, halves, halves, order), floats16.llvm)

        return floats16(floats16, floats16), emit

    return instruction(words)


def _rounded_halves(builder: Any, first: Any, second: Any) -> Any:
    """The upper halves of the numbers of two vectors; an instruction that makes them rounds, too."""
    if has_dot_products():
        return builder.bitcast(call(builder, _CONVERT, HALVES, second, first), _SHORTS)
    one, other = (builder.bitcast(each, _SHORTS) for each in (first, second))
    return shuffled(builder, one, other, range(1, 4 * LANES, 2))


_halves_of_lanes = _instruction(list(range(2 * LANES)))
_halves_of_vectors = _instruction([i // 2 + i % 2 * LANES for i in range(2 * LANES)])
_EXACT = not has_dot_products()  # the halves are taken as they are


def words_of_lanes(first, second):
    """Words of pairs of lanes: those of the first vector, then those of the second."""
    if _EXACT:
        first, second = rounded(first), rounded(second)
    return _halves_of_lanes(first, second)


def words_of_vectors(first, second):
    """Words whose lower halves are the lanes of the first vector, and the upper ones those of the second."""
    if _EXACT:
        first, second = rounded(first), rounded(second)
    return _halves_of_vectors(first, second)


@instruction
def words_of_pixels(first: Any, second: Any, upper: Any):
    """Words of two pixels, from words of 32 of their channels: of the first 16, or with `upper` 1 of the others."""

    def emit(builder: Any, args: Any) -> Any:
        one, other = (builder.bitcast(pixel, _SHORTS) for pixel in args[:2])
        either = [
            shuffled(builder, one, other, [begin + i // 2 + i % 2 * 2 * LANES for i in range(2 * LANES)])
            for begin in (0, LANES)
        ]
        is_upper = builder.icmp_unsigned("!=", args[2], I64(0))
        return builder.bitcast(builder.select(is_upper, either[1], either[0]), floats16.llvm)

    return floats16(floats16, floats16, types.int64), emit


@instruction
def store_half(pointer: Any, index: Any, words: Any, upper: Any):
    """Write the upper (1) or the lower (0) halves of words; another thread may write the others meanwhile."""

    def emit(builder: Any, args: Any) -> Any:
        pointer, index, words, upper = args
        kind = ir.VectorType(I1, 2 * LANES)
        masks = [ir.Constant(kind, [i % 2 == half for i in range(2 * LANES)]) for half in (0, 1)]
        is_upper = builder.icmp_unsigned("!=", upper, I64(0))
        address = builder.bitcast(builder.gep(pointer, [index]), _SHORTS.as_pointer())
        operands = [builder.bitcast(words, _SHORTS), address, I32(2)]
        operands.append(builder.select(is_upper, masks[1], masks[0]))
        call(builder, "llvm.masked.store.v32i16.p0v32i16", ir.VoidType(), *operands)

    return types.void(FLOATS, types.int64, floats16, types.int64), emit


@kernel
def pair_channels(x, y, step, low, high):
    """y (…, C/2) words of x (…, C); overwrites y."""
    low, high = low * x.rows_per_sample, high * x.rows_per_sample
    for block in range(y.blocks):
        first, target = at(x, 2 * block * x.rows), at(y, block * y.rows)
        second, both = at(x, (2 * block + 1) * x.rows), 2 * block + 1 < x.blocks
        for row in range(low * LANES, high * LANES, LANES):
            store(target, row, words_of_lanes(load(first, row), load(second, row) if both else constant(0)))


@kernel
def pair_steps(x, y, steps, step, low, high):
    """y (…, T/2, C) words of x (…, T, C); overwrites y."""
    words = (steps + 1) // 2
    lines = x.rows_per_sample // steps
    for block in range(x.blocks):
        for line in range(low * lines, high * lines):
            source, target = at(x, block * x.rows + line * steps), at(y, block * y.rows + line * words)
            for word in range(words):
                last = constant(0) if 2 * word + 1 == steps else load(source, (2 * word + 1) * LANES)
                store(target, word * LANES, words_of_vectors(load(source, 2 * word * LANES), last))


@kernel
def pair_samples(x, y, step, low, high):
    """y (rows/2, C) words of x (C), zeros behind the last sample; overwrites y, two threads the halves of a word."""
    count = step[BATCH]
    for block in range(x.blocks):
        source, target = at(x, block * x.rows), at(y, block * y.rows)
        row = low
        while row < high:
            here, word = load(source, row * LANES), row // 2 * LANES
            if row % 2 == 0 and row + 1 < high:
                store(target, word, words_of_vectors(here, load(source, (row + 1) * LANES)))
                row += 1
            elif row % 2 == 0 and row + 1 == count:
                store(target, word, words_of_vectors(here, constant(0)))
            else:
                store_half(target, word, words_of_vectors(here, here), row % 2)
            row += 1
        if high == count:
            clear_vectors(at(target, (count + 1) // 2), y.rows - (count + 1) // 2)


@kernel
def pair_inputs(w, y, inputs, taps, step, low, high):
    """y (taps, K/2, N) words of w (taps, K, N), from vector `low` to `high` of y."""
    words, vector = depth_words(inputs), low
    while vector < high:
        block, row = vector // y.rows, vector % y.rows
        tap, word = row // words, row % words
        count = min(words - word, high - vector)  # to the end of the tap; dividing for each vector would take longer
        whole = min(max(inputs // 2 - word, 0), count) if tap < taps else 0
        source, target = at(w, block * w.rows + tap * inputs + 2 * word), at(y, vector)
        for i in range(0, whole * LANES, LANES):
            store(target, i, words_of_vectors(load(source, 2 * i), load(source, 2 * i + LANES)))
        for i in range(whole, count):
            odd = tap < taps and 2 * (word + i) + 1 == inputs
            last = load(source, 2 * i * LANES) if odd else constant(0)
            store(target, i * LANES, words_of_vectors(last, constant(0)))
        vector += count


@kernel
def pair_outputs(w, y, inputs, taps, workspace, step, low, high):
    """y (taps, N/2, K) words of w (taps, K, N), from vector `low` to `high` of y, both multiples of 16."""
    words = y.rows // taps
    for vector in range(low, high, LANES):
        block, row = vector // y.rows, vector % y.rows
        tap, part = row // words, row % words // LANES * 2
        first = block * LANES
        both = part + 1 < w.blocks
        for i in range(LANES):
            place = (tap * inputs + first + i) * LANES
            value = constant(0)
            if first + i < inputs:
                source = at(w, part * w.rows)
                value = words_of_lanes(
                    load(source, place), load(source, place + w.rows * LANES) if both else constant(0)
                )
            store(workspace, i * LANES, value)
        transpose_block(workspace, at(y, vector))
