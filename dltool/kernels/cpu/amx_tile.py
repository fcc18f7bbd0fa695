"""The register tile in bfloat16 on Intel's AMX unit, with the arguments of the tiles of `bfloat16_tile`.

A tap adds up to 16 terms with one instruction, to two tiles of sums in turn, as each takes its time; at the end both
are added. The order of each sum therefore depends neither on the height of a tile nor on the number of threads.
"""

from __future__ import annotations

from typing import Any

from dltool.kernels.compiler import types
from dltool.kernels.cpu.amx import Amx, write_configuration
from dltool.kernels.cpu.kernel import tile
from dltool.kernels.cpu.lanes import copy_block, transpose_block
from dltool.kernels.cpu.pointers import advance, as_bytes, as_floats, at, float_pointer, integer_pointer, make_room
from dltool.kernels.cpu.tile import Shared
from dltool.kernels.cpu.vector import load, select, splat, store
from dltool.kernels.cpu.workspace import TAP_FIELDS
from dltool.kernels.records import LANES

_TAPS, _TABLE, _B, _START_STEP, _LEAST = (
    Shared._fields.index(name) for name in ("taps", "table", "b", "start_step", "least")
)
#: memory for a configuration, for sums, and for a block of each operand
_room = make_room(types.float32, (1 + 3 * LANES) * LANES)


def make_row_tiles(unit: Any) -> Any:
    """Rows are samples, steps or pixels, 16 words apart; all taps have as many terms."""
    configure, release = unit.configure, unit.release
    load_sums, clear_sums = unit.loading(0), unit.clearing(1)
    load_left, load_right = unit.loading(2), unit.loading(3)
    load_other_left, load_other_right = unit.loading(4), unit.loading(5)
    multiply, multiply_others = unit.multiplying(0, 2, 3), unit.multiplying(1, 4, 5)
    store_sums, store_others = unit.storing(0), unit.storing(1)

    def row_tiles(state, count, taps, table, a, b, start, start_step, out, least):
        room = _room()
        write_configuration(as_bytes(room), count, table[2] if taps > 0 else LANES)
        configure(state, as_bytes(room))
        load_sums(state, start, start_step)
        clear_sums(state)
        for tap in range(0, taps, 2):
            load_left(state, advance(a, table[tap * TAP_FIELDS]), LANES)
            load_right(state, advance(b, table[tap * TAP_FIELDS + 1]), LANES)
            multiply(state)
            if tap + 1 < taps:
                load_other_left(state, advance(a, table[(tap + 1) * TAP_FIELDS]), LANES)
                load_other_right(state, advance(b, table[(tap + 1) * TAP_FIELDS + 1]), LANES)
                multiply_others(state)
        store_sums(state, out, LANES)
        store_others(state, at(room, 1), LANES)
        release(state)
        _add_sums(at(room, 1), out, count, least)

    return row_tiles


def make_column_tiles(unit: Any) -> Any:
    """Rows are channels, 1 word apart, and terms 16 words: they are transposed, a block of 16 × 16 words at a time."""
    configure, release = unit.configure, unit.release
    load_sums, clear_sums = unit.loading(0), unit.clearing(1)
    load_left, load_right = unit.loading(2), unit.loading(3)
    load_other_left, load_other_right = unit.loading(4), unit.loading(5)
    multiply, multiply_others = unit.multiplying(0, 2, 3), unit.multiplying(1, 4, 5)
    store_sums, store_others = unit.storing(0), unit.storing(1)

    def column_tiles(state, count, taps, table, a, b, start, start_step, out, least):
        room = _room()
        left, right = at(room, 1 + LANES), at(room, 1 + 2 * LANES)
        write_configuration(as_bytes(room), count, LANES)
        configure(state, as_bytes(room))
        load_sums(state, start, start_step)
        clear_sums(state)
        other = False
        for tap in range(taps):
            terms = table[tap * TAP_FIELDS + 2]
            for term in range(0, terms, LANES):
                source = advance(a, table[tap * TAP_FIELDS] + term * LANES)
                words = advance(b, table[tap * TAP_FIELDS + 1] + term * LANES)
                if terms - term < LANES:
                    copy_block(source, terms - term, left)
                    copy_block(words, terms - term, right)
                    source, words = left, right
                transpose_block(source, left)
                if other:
                    load_other_left(state, left, LANES)
                    load_other_right(state, words, LANES)
                    multiply_others(state)
                else:
                    load_left(state, left, LANES)
                    load_right(state, words, LANES)
                    multiply(state)
                other = not other
        store_sums(state, out, LANES)
        store_others(state, at(room, 1), LANES)
        release(state)
        _add_sums(at(room, 1), out, count, least)

    return column_tiles


def _add_sums(others, out, count, least):
    """Adds the other sums, and puts `least` where there is less."""
    floor = splat(least)
    for row in range(0, count * LANES, LANES):
        value = load(out, row) + load(others, row)
        store(out, row, select(value < floor, floor, value))


def known(shared):
    """What the pieces of a product of one column have in common."""
    table, b = integer_pointer(shared[_TABLE]), float_pointer(shared[_B])
    return shared[_TAPS], table, b, shared[_START_STEP], as_floats(shared)[2 * _LEAST]


_row_tiles, _column_tiles = make_row_tiles(Amx), make_column_tiles(Amx)


@tile
def amx_row_tiles(shared, height, a, start, out):
    """Rows are samples, steps or pixels, terms are pairs of channels."""
    taps, table, b, start_step, least = known(shared)
    _row_tiles(a, height, taps, table, a, b, start, start_step, out, least)


@tile
def amx_column_tiles(shared, height, a, start, out):
    """Rows are channels, terms are pairs of samples, steps or pixels."""
    taps, table, b, start_step, least = known(shared)
    _column_tiles(a, height, taps, table, a, b, start, start_step, out, least)
