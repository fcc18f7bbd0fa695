"""Register tiles: some rows of a few blocks of 16 columns, summed in registers over a whole depth, as LLVM vector IR.

    out[i, j] = start[i, j] + Σ over taps, terms of  a[i, term] · b[term, j]      (each out[i, j], b[·, j]: 16 lanes)

with `a` broadcast from memory. All products of the package are these tiles: rows may be samples, pixels or inputs of a
matrix. A term costs one load for each row and one for each column, so a tile with about as many columns as registers
allow needs few of them: 10 for the 24 multiply-adds of 6 rows by 4 columns, where 16 rows of one column need 17 for 16.
Every output sums in the order of taps and terms, so its bits do not depend on the shape of the tile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from llvmlite import ir

from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import I64, call, counted, instruction, moved, variable
from dltool.kernels.cpu.calls import TILE
from dltool.kernels.cpu.pointers import FLOATS, INTEGERS
from dltool.kernels.cpu.vector import FMA, broadcast, floats16, read, write
from dltool.kernels.cpu.workspace import TAP_FIELDS
from dltool.kernels.records import LANES

_VECTOR = floats16.llvm


class Shared(NamedTuple):
    """What the pieces of a product have in common, each in 8 bytes of a list. Distances are in floats."""

    across: Any  # columns
    taps: Any  # how many
    table: Any  # three integers of each tap: where it begins in `a` and in `b`, and how many terms it has
    a_step: Any  # distance of the terms of `a`; those of `b` are vectors
    b: Any
    b_across: Any  # distance of columns
    start_step: Any  # distance of the initial values of rows: 0 for a bias
    start_across: Any
    out_across: Any  # rows of an output are vectors
    least: Any  # no value below is written (NaN is)


_FLOATS = ir.FloatType().as_pointer()
_KINDS = Shared(I64, I64, I64.as_pointer(), I64, _FLOATS, I64, I64, I64, I64, ir.FloatType())


@instruction
def set_shared(
    place: Any, across: Any, taps: Any, table: Any, a_step: Any, b: Any, b_across: Any, start_step: Any,
    start_across: Any, out_across: Any, least: Any,
):  # fmt: skip
    """Write what the pieces of a product have in common."""

    def emit(builder: Any, args: Any) -> Any:
        for i, (kind, value) in enumerate(zip(_KINDS, args[1:], strict=True)):
            builder.store(value, _field(builder, args[0], i, kind))

    number = types.int64
    own = (number, number, INTEGERS, number, FLOATS, number, number, number, number, types.float32)
    return types.void(INTEGERS, *own), emit


def _field(builder: Any, place: Any, number: int, kind: ir.Type) -> Any:
    return builder.bitcast(moved(builder, place, number), kind.as_pointer())


#: what adds a term to the sums of a tile: (builder, a, b, distance of rows, of columns, sums by row and column)
Term = Callable[[Any, Any, Any, int, Any, Mapping[tuple[int, int], Any]], None]


def make_tiles(tallest: Mapping[int, int], row_stride: int, add_term: Term | None = None) -> Any:
    """Tiles of up to `tallest[across]` rows for each number of columns `across`; rows of `a` are `row_stride` apart.

    Called as tiles(shared, height, a, start, out).
    """
    add = add_term or _add_term

    @instruction
    def tiles(shared, height, a, start, out):
        def emit(builder, args):
            place, height, *pointers = args
            known = Shared(*(builder.load(_field(builder, place, i, kind)) for i, kind in enumerate(_KINDS)))
            end = builder.append_basic_block("tiles_end")
            highest = max(tallest.values()) + 1
            number = builder.add(builder.mul(known.across, I64(highest)), height)
            switch = builder.switch(number, end)
            for columns, most in tallest.items():
                for rows in range(1, most + 1):
                    case = builder.append_basic_block(f"tile_of_{rows}_by_{columns}")
                    switch.add_case(I64(columns * highest + rows), case)
                    builder.position_at_end(case)
                    _emit_tile(builder, rows, columns, row_stride, add, known, *pointers)
                    builder.branch(end)
            builder.position_at_end(end)

        return TILE, emit

    return tiles


def make_tile(height: int, row_stride: int) -> Any:
    """One tile of one column, for a kernel to have as its own: tile(shared, a, start, out)."""

    @instruction
    def tile(shared, a, start, out):
        def emit(builder, args):
            known = Shared(*(builder.load(_field(builder, args[0], i, kind)) for i, kind in enumerate(_KINDS)))
            _emit_tile(builder, height, 1, row_stride, _add_term, known, *args[1:])

        return types.void(INTEGERS, FLOATS, FLOATS, FLOATS), emit

    return tile


def _emit_tile(
    builder: Any, height: int, across: int, row_stride: int, add: Term, known: Shared, a: Any, start: Any, out: Any
) -> None:
    places = [(i, j) for i in range(height) for j in range(across)]
    sums = {}
    for i, j in places:
        place = moved_by(builder, moved_by(builder, start, j, known.start_across), i, known.start_step)
        sums[i, j] = variable(builder, read(builder, place))
    with counted(builder, known.taps) as tap:
        place = builder.mul(tap, I64(TAP_FIELDS))
        entries = (builder.load(builder.gep(known.table, [_plus(builder, place, i)])) for i in range(TAP_FIELDS))
        a_start, b_start, terms = entries
        a_now = variable(builder, builder.gep(a, [a_start]))
        b_now = variable(builder, builder.gep(known.b, [b_start]))
        with counted(builder, terms):
            a_here, b_here = builder.load(a_now), builder.load(b_now)
            add(builder, a_here, b_here, row_stride, known.b_across, sums)
            builder.store(builder.gep(a_here, [known.a_step]), a_now)
            builder.store(moved(builder, b_here, LANES), b_now)
    limit = broadcast(builder, known.least)
    for i, j in places:
        value = builder.load(sums[i, j])
        value = builder.select(builder.fcmp_ordered("<", value, limit), limit, value)
        target = moved(builder, moved_by(builder, out, j, known.out_across), i * LANES)
        write(builder, value, target)


def _add_term(
    builder: Any, a: Any, b: Any, row_stride: int, b_across: Any, sums: Mapping[tuple[int, int], Any]
) -> None:
    """One number for each row times one vector for each column, added to all sums."""
    columns = {j: read(builder, moved_by(builder, b, j, b_across)) for j in dict.fromkeys(j for _, j in sums)}
    rows = {
        i: broadcast(builder, builder.load(moved(builder, a, i * row_stride), align=4))
        for i in dict.fromkeys(i for i, _ in sums)
    }
    for (i, j), place in sums.items():
        builder.store(call(builder, FMA, _VECTOR, rows[i], columns[j], builder.load(place)), place)


def moved_by(builder: Any, pointer: Any, times: int, distance: Any) -> Any:
    """The pointer some times a distance further on."""
    return builder.gep(pointer, [builder.mul(I64(times), distance)])


def _plus(builder: Any, index: Any, constant: int) -> Any:
    return builder.add(index, I64(constant))
