"""Calling other machine code by its address: large code that is compiled once for all kernels that use it."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from dltool.kernels.cpu.vector import instruction

INTEGERS = types.CPointer(types.int64)
FLOATS = types.CPointer(types.float32)

#: (first operand, second operand, output, vectors, two numbers): elementwise over contiguous vectors
ELEMENTWISE = types.void(FLOATS, FLOATS, FLOATS, types.int64, types.float32, types.float32)
#: (rows, taps, table of taps, one operand, distance of its terms, other operand, start of the rows, its distance,
#: output, floor): some rows of a convolution
TILE = types.void(
    types.int64, types.int64, INTEGERS, FLOATS, types.int64, FLOATS, FLOATS, types.int64, FLOATS, types.float32
)
#: (case, lines, terms, strides, one operand, other operand, start, output, floor): some rows of a depthwise convolution
LANE_TILE = types.void(types.int64, types.int64, types.int64, INTEGERS, FLOATS, FLOATS, FLOATS, FLOATS, types.float32)


def _emitter(signature: Any) -> Any:
    """LLVM code that calls the function at an address with what follows the address."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [context.get_value_type(arg) for arg in signature.args])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    return types.void(types.int64, *signature.args), emit


@instruction
def call_elementwise(typing: Any, function: Any, first: Any, second: Any, out: Any, vectors: Any, one: Any, two: Any):
    """Call an elementwise function."""
    return _emitter(ELEMENTWISE)


@instruction
def call_tile(
    typing: Any, function: Any, rows: Any, taps: Any, table: Any, a: Any, a_step: Any, b: Any, start: Any,
    start_step: Any, out: Any, floor: Any,
):  # fmt: skip
    """Call a tile function."""
    return _emitter(TILE)


@instruction
def call_lane_tile(
    typing: Any, function: Any, case: Any, lines: Any, terms: Any, strides: Any, a: Any, b: Any, start: Any, out: Any,
    floor: Any,
):  # fmt: skip
    """Call a tile function of a convolution that keeps channels apart."""
    return _emitter(LANE_TILE)
