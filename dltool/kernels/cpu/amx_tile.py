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


class _Tiles:
    """What is done with the tiles of a unit: 0 and 1 are sums, 2 and 3 what is multiplied for 0, 4 and 5 for 1."""

    def __init__(self, unit: Any):
        self.configure, self.release = unit.configure, unit.release
        self.load_sums, self.clear_others = unit.loading(0), unit.clearing(1)
        self.load_left, self.load_right = unit.loading(2), unit.loading(3)
        self.load_other_left, self.load_other_right = unit.loading(4), unit.loading(5)
        self.multiply, self.multiply_others = unit.multiplying(0, 2, 3), unit.multiplying(1, 4, 5)
        self.store_sums, self.store_others = unit.storing(0), unit.storing(1)


def make_row_tiles(unit: Any) -> Any:
    """Rows are samples, steps or pixels, 16 words apart; all taps have as many terms."""
    tiles = _Tiles(unit)

    def row_tiles(state, count, taps, table, a, b, start, start_step, out, least):
        room = _room()
        _begin(tiles, state, room, count, table[2] if taps > 0 else LANES, start, start_step)
        for tap in range(0, taps, 2):
            tiles.load_left(state, advance(a, table[tap * TAP_FIELDS]), LANES)
            tiles.load_right(state, advance(b, table[tap * TAP_FIELDS + 1]), LANES)
            tiles.multiply(state)
            if tap + 1 < taps:
                tiles.load_other_left(state, advance(a, table[(tap + 1) * TAP_FIELDS]), LANES)
                tiles.load_other_right(state, advance(b, table[(tap + 1) * TAP_FIELDS + 1]), LANES)
                tiles.multiply_others(state)
        _end(tiles, state, room, out, count, least)

    return row_tiles


def make_column_tiles(unit: Any) -> Any:
    """Rows are channels, 1 word apart, and terms 16 words: they are transposed, a block of 16 × 16 words at a time."""
    tiles = _Tiles(unit)

    def column_tiles(state, count, taps, table, a, b, start, start_step, out, least):
        room = _room()
        left, right = at(room, 1 + LANES), at(room, 1 + 2 * LANES)
        _begin(tiles, state, room, count, LANES, start, start_step)
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
                    tiles.load_other_left(state, left, LANES)
                    tiles.load_other_right(state, words, LANES)
                    tiles.multiply_others(state)
                else:
                    tiles.load_left(state, left, LANES)
                    tiles.load_right(state, words, LANES)
                    tiles.multiply(state)
                other = not other
        _end(tiles, state, room, out, count, least)

    return column_tiles


def _begin(tiles, state, room, count, terms, start, start_step):
    """Sets the sizes of the tiles; the sums go on from a start, the others from zero."""
    write_configuration(as_bytes(room), count, terms)
    tiles.configure(state, as_bytes(room))
    tiles.load_sums(state, start, start_step)
    tiles.clear_others(state)


def _end(tiles, state, room, out, count, least):
    """Writes all sums."""
    tiles.store_sums(state, out, LANES)
    tiles.store_others(state, at(room, 1), LANES)
    tiles.release(state)
    _add_sums(at(room, 1), out, count, least)


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
