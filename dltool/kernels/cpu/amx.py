"""The instructions of Intel's AMX unit, which multiplies tiles: up to 16 rows of 64 bytes, in registers of their own.

There are eight tiles, numbered in the code of the program; their sizes are set before they are used. A product adds to
16 × 16 sums in float32 those of 16 rows of words and 16 rows of words, each word two numbers in bfloat16.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import I8, I64, call, instruction
from dltool.kernels.cpu.pointers import FLOATS
from dltool.kernels.records import LANES

#: of a configuration, in bytes
CONFIGURATION, ROW_BYTES, ROWS = 64, 16, 48


def _call(builder: Any, name: str, *args: Any) -> None:
    call(builder, f"llvm.x86.{name}", ir.VoidType(), *args)


def _moving(name: str) -> Callable[[int], Any]:
    """move(state, pointer, step) of a tile: its rows are `step` floats apart in memory."""

    def of_tile(tile: int) -> Any:
        @instruction
        def move(state, pointer, step):
            def emit(builder, args):
                place = builder.bitcast(args[1], I8.as_pointer())
                _call(builder, name, I8(tile), place, builder.mul(args[2], I64(4)))

            return types.void(FLOATS, FLOATS, types.int64), emit

        return move

    return of_tile


def _working(name: str) -> Callable[..., Any]:
    """work(state) on some tiles."""

    def of_tiles(*tiles: int) -> Any:
        @instruction
        def work(state):
            def emit(builder, args):
                _call(builder, name, *(I8(tile) for tile in tiles))

            return types.void(FLOATS), emit

        return work

    return of_tiles


@instruction
def _configure(state: Any, configuration: Any):
    def emit(builder: Any, args: Any) -> Any:
        _call(builder, "ldtilecfg", args[1])

    return types.void(FLOATS, types.Pointer(types.uint8)), emit


class Amx:
    """The unit, as functions of tile numbers that make its instructions; `state` is for those that stand in for it."""

    configure = _configure
    loading = staticmethod(_moving("tileloadd64"))
    storing = staticmethod(_moving("tilestored64"))
    clearing = staticmethod(_working("tilezero"))
    multiplying = staticmethod(_working("tdpbf16ps"))
    release = _working("tilerelease")()


def write_configuration(configuration, rows, terms):
    """Sizes of the tiles: 0 and 1 for sums, 2 and 4 for `rows` of `terms` words, 3 and 5 for `terms` of 16 words."""
    for i in range(CONFIGURATION):
        configuration[i] = 0
    configuration[0] = 1
    for tile in range(6):
        is_left = tile == 2 or tile == 4
        is_right = tile == 3 or tile == 5
        configuration[ROW_BYTES + 2 * tile] = 4 * terms if is_left else 4 * LANES
        configuration[ROWS + tile] = terms if is_right else rows
