"""Register tiles that keep channels apart: every product is a vector times a vector, as LLVM vector IR.

The factors lie in lines of terms: the taps of a kernel for the outputs, pixels for the weights' gradient. A list of
integers says which tile is meant, how many lines and terms there are, and how far apart they lie, in floats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dltool.kernels.compiler.instruction import I64, call, counted, instruction, moved, variable
from dltool.kernels.cpu.calls import LANE_TILE
from dltool.kernels.cpu.vector import FMA, broadcast, floats16, read, write
from dltool.kernels.cpu.workspace import LANE_TILE_FIELDS
from dltool.kernels.records import LANES

_VECTOR = floats16.llvm

#: which tile it is, and how many lines and terms it has
CASE, LINES, TERMS = range(3)
#: strides of the tiles of outputs: lines and terms of the image, those of the weights, rows of the output
IMAGE_LINE, IMAGE_TERM, WEIGHT_LINE, WEIGHT_TERM, OUTPUT_ROW = range(3, LANE_TILE_FIELDS)
#: strides of the tiles of weights: lines and pixels of x, lines of the kernel on it, lines of dy
X_LINE, X_PIXEL, KERNEL_LINE, DY_LINE = range(3, LANE_TILE_FIELDS - 1)


def make_output_tiles(tallest: int) -> Any:
    """Tiles of up to `tallest` pixels of an output: tiles(known, image, w, bias, out, least).

    Case i has i rows that see pixels side by side, case `tallest` + i as many that see every other one. Each row is
    bias + Σ of image · w over the lines and terms; no value below `least` is written (NaN is).
    """
    cases = [(height, apart) for apart in (1, 2) for height in range(1, tallest + 1)]
    return _switch({i: _output_tile(*case) for i, case in enumerate(cases, start=1)})


def make_weight_tiles(tallest: int, square: int) -> Any:
    """Tiles of the taps of a kernel: tiles(known, x, dy, start, out, least).

    Case i has i taps side by side, up to `tallest`; the next case, if there is a `square`, has `square` lines of as
    many places. Each is its `start` plus the sum of x, seen from there, times dy over lines of pixels.
    """
    cases = {width: _weight_tile(1, width) for width in range(1, tallest + 1)}
    return _switch(cases | ({tallest + 1: _weight_tile(square, square)} if square else {}))


def _switch(cases: dict[int, Callable[..., None]]) -> Any:
    @instruction
    def tiles(known, a, b, start, out, least):
        def emit(builder, args):
            end = builder.append_basic_block("tiles_end")
            case, lines, terms, *strides = (
                builder.load(builder.gep(args[0], [I64(i)])) for i in range(LANE_TILE_FIELDS)
            )
            switch = builder.switch(case, end)
            for number, emit_tile in cases.items():
                block = builder.append_basic_block(f"tile_{number}")
                switch.add_case(I64(number), block)
                builder.position_at_end(block)
                emit_tile(builder, lines, terms, strides, *args[1:])
                builder.branch(end)
            builder.position_at_end(end)

        return LANE_TILE, emit

    return tiles


def _output_tile(height: int, apart: int) -> Callable[..., None]:
    def emit(
        builder: Any, lines: Any, terms: Any, strides: Any, image: Any, w: Any, bias: Any, out: Any, least: Any
    ) -> None:
        totals = [variable(builder, read(builder, bias)) for _ in range(height)]
        image_line, image_term, weight_line, weight_term, output_row = strides
        image_now, w_now = variable(builder, image), variable(builder, w)
        with counted(builder, lines):
            image_here, w_here = builder.load(image_now), builder.load(w_now)
            pixel_now, weight_now = variable(builder, image_here), variable(builder, w_here)
            with counted(builder, terms):
                pixel, weight = builder.load(pixel_now), builder.load(weight_now)
                _add(
                    builder,
                    read(builder, weight),
                    [_vector_at(builder, pixel, i * apart) for i in range(height)],
                    totals,
                )
                builder.store(builder.gep(pixel, [image_term]), pixel_now)
                builder.store(builder.gep(weight, [weight_term]), weight_now)
            builder.store(builder.gep(image_here, [image_line]), image_now)
            builder.store(builder.gep(w_here, [weight_line]), w_now)
        limit = broadcast(builder, least)
        for i, total in enumerate(totals):
            value = builder.load(total)
            value = builder.select(builder.fcmp_ordered("<", value, limit), limit, value)
            place = builder.gep(out, [builder.mul(I64(i), output_row)])
            write(builder, value, place)

    return emit


def _weight_tile(height: int, width: int) -> Callable[..., None]:
    def emit(
        builder: Any, lines: Any, pixels: Any, strides: Any, x: Any, dy: Any, start: Any, out: Any, least: Any
    ) -> None:
        totals = [variable(builder, read(builder, _vector_at(builder, start, i))) for i in range(height * width)]
        x_line, x_pixel, kernel_line, dy_line = strides[:4]
        x_now, dy_now = variable(builder, x), variable(builder, dy)
        with counted(builder, lines):
            x_here, dy_here = builder.load(x_now), builder.load(dy_now)
            seen_now = [
                variable(builder, builder.gep(x_here, [builder.mul(I64(k), kernel_line)])) for k in range(height)
            ]
            with counted(builder, pixels) as pixel:
                seen = [builder.load(now) for now in seen_now]
                given = read(builder, builder.gep(dy_here, [builder.mul(pixel, I64(LANES))]))
                _add(builder, given, [_vector_at(builder, line, m) for line in seen for m in range(width)], totals)
                for line, now in zip(seen, seen_now, strict=True):
                    builder.store(builder.gep(line, [x_pixel]), now)
            builder.store(builder.gep(x_here, [x_line]), x_now)
            builder.store(builder.gep(dy_here, [dy_line]), dy_now)
        for i, total in enumerate(totals):
            write(builder, builder.load(total), _vector_at(builder, out, i))

    return emit


def _add(builder: Any, factor: Any, places: Sequence[Any], totals: Sequence[Any]) -> None:
    """Add the vectors at some places, times one vector, to as many totals."""
    for place, total in zip(places, totals, strict=True):
        builder.store(call(builder, FMA, _VECTOR, read(builder, place), factor, builder.load(total)), total)


def _vector_at(builder: Any, pointer: Any, vectors: int) -> Any:
    return moved(builder, pointer, vectors * LANES)
