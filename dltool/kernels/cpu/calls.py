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
#: (what all pieces share, rows, one operand, start of the rows, output): a piece of a product. No more than fits the
#: registers of a call: what is written to the stack and read at once in larger pieces waits for all earlier stores
TILE = types.void(INTEGERS, types.int64, FLOATS, FLOATS, FLOATS)
#: (which tile and how far apart things are, one operand, other operand, start, output, floor): some rows of a depthwise
#: convolution
LANE_TILE = types.void(INTEGERS, FLOATS, FLOATS, FLOATS, FLOATS, types.float32)


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
def call_tile(typing: Any, function: Any, shared: Any, rows: Any, a: Any, start: Any, out: Any):
    """Call a tile function."""
    return _emitter(TILE)


@instruction
def call_lane_tile(typing: Any, function: Any, known: Any, a: Any, b: Any, start: Any, out: Any, floor: Any):
    """Call a tile function of a convolution that keeps channels apart."""
    return _emitter(LANE_TILE)
