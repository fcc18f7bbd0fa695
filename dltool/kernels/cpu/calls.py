"""Calling other machine code by its address: large code that is compiled once for all kernels that use it."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import instruction
from dltool.kernels.cpu.pointers import FLOATS, INTEGERS

#: (first operand, second operand, output, vectors, two numbers): elementwise over contiguous vectors
ELEMENTWISE = types.void(FLOATS, FLOATS, FLOATS, types.int64, types.float32, types.float32)
#: (what all pieces share, rows, one operand, start of the rows, output): a piece of a product. No more than fits the
#: registers of a call: what is written to the stack and read at once in larger pieces waits for all earlier stores
TILE = types.void(INTEGERS, types.int64, FLOATS, FLOATS, FLOATS)
#: (which tile and how far apart things are, one operand, other operand, start, output, floor): some rows of a depthwise
#: convolution
LANE_TILE = types.void(INTEGERS, FLOATS, FLOATS, FLOATS, FLOATS, types.float32)


def indirect_call(signature: types.Signature) -> Any:
    """call(address, …): call the function at an address."""

    @instruction
    def call(address, *arguments):
        def emit(builder, args):
            kind = ir.FunctionType(ir.VoidType(), [each.llvm for each in signature.arguments])
            builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])

        return types.void(types.int64, *signature.arguments), emit

    return call


call_elementwise, call_tile, call_lane_tile = indirect_call(ELEMENTWISE), indirect_call(TILE), indirect_call(LANE_TILE)
