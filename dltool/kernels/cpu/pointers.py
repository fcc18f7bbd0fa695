"""Pointers: from the integers that hold them, and from one place of a buffer to another."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from dltool.kernels.cpu.vector import inlined, instruction
from dltool.kernels.records import LANES, VECTOR_BYTES


def _pointer_to(element: Any, name: str) -> Any:
    kind = types.CPointer(element)

    def typer(typing: Any, address: Any):
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], context.get_value_type(kind))

        return kind(types.int64), emit

    typer.__name__ = name
    return instruction(typer)


float_pointer = _pointer_to(types.float32, "float_pointer")
word_pointer = _pointer_to(types.uint32, "word_pointer")
integer_pointer = _pointer_to(types.int64, "integer_pointer")
code_pointer = _pointer_to(types.int32, "code_pointer")
byte_pointer = _pointer_to(types.uint8, "byte_pointer")


@instruction
def advance(typing: Any, pointer: Any, count: Any):
    """The pointer `count` elements further on."""
    kind = types.CPointer(pointer.dtype)
    return kind(kind, types.int64), lambda context, builder, sig, args: builder.gep(args[0], [args[1]])


@instruction
def prefetch(typing: Any, pointer: Any):
    """Ask for the cache line at a pointer, so that it is in the second-level cache when it is read."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        flag, byte = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [builder.bitcast(args[0], byte), flag(0), flag(2), flag(1)])
        return context.get_dummy_value()

    return types.void(types.CPointer(pointer.dtype)), emit


@instruction
def as_integers(typing: Any, pointer: Any):
    """The same memory as 64-bit integers."""
    kind = types.CPointer(types.int64)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(kind))

    return kind(types.CPointer(pointer.dtype)), emit


@instruction
def as_floats(typing: Any, pointer: Any):
    """The same memory as float32."""
    kind = types.CPointer(types.float32)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(kind))

    return kind(types.CPointer(pointer.dtype)), emit


@instruction
def bits_as_number(typing: Any, bits: Any):
    """The float64 whose bits an integer holds."""
    return types.float64(types.int64), lambda context, builder, sig, args: builder.bitcast(args[0], ir.DoubleType())


@inlined
def at(pointer, vector):
    """The pointer to a vector, by its number."""
    return advance(pointer, vector * LANES)


def make_room(vectors: int) -> Any:
    """A function without arguments that gives memory on the stack for some vectors, aligned to lines of the cache."""

    @instruction
    def room(typing):
        def emit(context, builder, sig, args):
            return room_on_stack(builder, ir.FloatType(), vectors * LANES)

        return types.CPointer(types.float32)(), emit

    return room


def room_on_stack(builder: Any, element: ir.Type, count: int) -> Any:
    """Memory on the stack that nothing clears, as Numba's own way to get some would with every call of a kernel."""
    with builder.goto_entry_block():
        room = builder.alloca(ir.ArrayType(element, count))
    room.align = VECTOR_BYTES
    return builder.bitcast(room, element.as_pointer())
