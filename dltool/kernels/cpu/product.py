"""Products by register tiles: which shapes there are, and how rows and columns are cut into them.

Columns are blocks of 16 outputs. Operands, starts and outputs that have several of them come as tuples: a pointer, then
how far rows (of a start) and columns are apart, in floats.
"""

from __future__ import annotations

from numpy import float32, inf

from dltool.kernels.compiler import types
from dltool.kernels.cpu.calls import call_tile
from dltool.kernels.cpu.kernel import tile
from dltool.kernels.cpu.pointers import advance, at, make_room, prefetch_to_read
from dltool.kernels.cpu.registers import TALLEST
from dltool.kernels.cpu.tile import Shared, make_tile, make_tiles, set_shared
from dltool.kernels.cpu.workspace import ACROSS, TAP_FIELDS
from dltool.kernels.records import LANES

#: blocks of depth taken at once, so that a panel of a matrix stays in the first caches
DEPTH = 16

#: room on the stack for a table of DEPTH taps
local_table = make_room(types.int64, DEPTH * TAP_FIELDS)
#: for what the pieces of a product have in common
local_shared = make_room(types.int64, len(Shared._fields))
#: for ACROSS panels, each of DEPTH blocks of 16 × 16
local_panels = make_room(types.float32, ACROSS * DEPTH * LANES * LANES)

_ONE, _TWO, _FOUR = TALLEST[1], TALLEST.get(2, 0), TALLEST.get(ACROSS, 0)
_rows_of_vectors, _rows_of_numbers = make_tiles(TALLEST, row_stride=LANES), make_tiles(TALLEST, row_stride=1)
_whole_rows = make_tile(_ONE, row_stride=LANES)
_first_rows, _last_rows = make_tile(_ONE, row_stride=1), make_tile(LANES % _ONE or _ONE, row_stride=1)


@tile
def pixel_tiles(shared, height, a, start, out):
    """Rows are samples or pixels side by side, terms are channels: each one number times vectors."""
    _rows_of_vectors(shared, height, a, start, out)


@tile
def weight_tiles(shared, height, a, start, out):
    """Rows are numbers side by side, terms are samples or pixels: each one number times vectors."""
    _rows_of_numbers(shared, height, a, start, out)


def columns_together(columns):
    """How many of the columns that are left a tile takes."""
    if _FOUR and columns >= ACROSS:
        return ACROSS
    return 2 if _TWO and columns >= 2 else 1


def rows_of_tiles(tiles, count, across, taps, table, a, a_row, a_step, b, start, out, least):
    """`count` rows, `a_row` floats apart, of up to ACROSS columns, in pieces of similar heights."""
    tallest = _FOUR if across == ACROSS else _TWO if across == 2 else _ONE
    pieces, low, shared = -(-count // tallest), 0, local_shared()
    set_shared(shared, across, taps, table, a_step, b[0], b[1], start[1], start[2], out[1], least)
    for piece in range(pieces):
        height = (count - low) // (pieces - piece)
        end, begin = low + height, advance(start[0], low * start[1])
        if start[1] > 0:  # sums to go on with, which may have left the first caches
            for j in range(across):
                for i in range(end, min(end + height, count)):
                    prefetch_to_read(advance(start[0], j * start[2] + i * start[1]))
        call_tile(tiles, shared, height, advance(a, low * a_row), begin, at(out[0], low))
        low = end


def columns_of_tiles(tiles, count, columns, taps, table, a, a_row, a_step, b, start, out, least):
    """The same for any number of columns."""
    first = 0
    while first < columns:
        across = columns_together(columns - first)
        rows_of_tiles(
            tiles, count, across, taps, table, a, a_row, a_step, (advance(b[0], first * b[1]), b[1]),
            (advance(start[0], first * start[2]), start[1], start[2]), (advance(out[0], first * out[1]), out[1]), least,
        )  # fmt: skip
        first += across


def product_rows(tiles, depth, x, stride, panels, start, out, count, columns, least):
    """`count` rows of some columns: `depth` blocks of x, `stride` floats apart, times as many blocks of each panel."""
    table = local_table()
    for first in range(0, max(depth, 1), DEPTH):  # of no blocks there are a start and a floor
        taps = min(DEPTH, depth - first)
        for tap in range(taps):
            set_tap(table, tap, (first + tap) * stride, (first + tap) * LANES * LANES, LANES)
        so_far = start if first == 0 else (out[0], LANES, out[1])
        floor = least if first + taps == depth else float32(-inf)
        columns_of_tiles(tiles, count, columns, taps, table, x, LANES, 1, panels, so_far, out, floor)


def product_of_column(tiles, depth, x, stride, panel, start, out, count, least):
    """The same for one column and at most DEPTH blocks, mostly without calls: there may be few rows."""
    table, shared, low = local_table(), local_shared(), 0
    for tap in range(depth):
        set_tap(table, tap, tap * stride, tap * LANES * LANES, LANES)
    set_shared(shared, 1, depth, table, 1, panel, 0, start[1], 0, 0, least)
    while low + _ONE <= count:
        if start[1] > 0:  # sums to go on with, which may have left the first caches
            for i in range(low + _ONE, min(low + 2 * _ONE, count)):
                prefetch_to_read(advance(start[0], i * start[1]))
        _whole_rows(shared, at(x, low), advance(start[0], low * start[1]), at(out, low))
        low += _ONE
    if low < count:
        call_tile(tiles, shared, count - low, at(x, low), advance(start[0], low * start[1]), at(out, low))


def outer_products(tiles, terms, rows, columns, source, upstream, start, out):
    """`rows` channels of a block by some columns: `start` plus the sum over `terms` rows of source · upstream."""
    table = local_table()
    set_tap(table, 0, 0, 0, terms)
    columns_of_tiles(tiles, rows, columns, 1, table, source, 1, LANES, upstream, start, out, float32(-inf))


def outer_product(terms, source, upstream, start, out):
    """The same for all channels of a block and one column, without a call: batches may be short."""
    table, shared = local_table(), local_shared()
    set_tap(table, 0, 0, 0, terms)
    set_shared(shared, 1, 1, table, LANES, upstream, 0, start[1], 0, 0, float32(-inf))
    for first in range(0, LANES - LANES % _ONE, _ONE):
        _first_rows(shared, advance(source, first), advance(start[0], first * start[1]), at(out, first))
    if LANES % _ONE:
        last = LANES - LANES % _ONE
        _last_rows(shared, advance(source, last), advance(start[0], last * start[1]), at(out, last))


def set_tap(table, tap, first, second, terms):
    """Write an entry of a table of taps."""
    table[tap * TAP_FIELDS], table[tap * TAP_FIELDS + 1], table[tap * TAP_FIELDS + 2] = first, second, terms
