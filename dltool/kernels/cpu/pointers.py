"""Pointers: from the integers that hold them, and from one place of a buffer to another."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import I8, I32, call, instruction
from dltool.kernels.records import LANES, VECTOR_BYTES


def _pointer_to(element: Any, name: str) -> Any:
    kind = types.Pointer(element)

    def typer(address: Any):
        def emit(builder: Any, args: Any) -> Any:
            return builder.inttoptr(args[0], kind.llvm)

        return kind(types.int64), emit

    typer.__name__ = name
    return instruction(typer)


float_pointer = _pointer_to(types.float32, "float_pointer")
word_pointer = _pointer_to(types.uint32, "word_pointer")
integer_pointer = _pointer_to(types.int64, "integer_pointer")
code_pointer = _pointer_to(types.int32, "code_pointer")
byte_pointer = _pointer_to(types.uint8, "byte_pointer")


@instruction
def advance(pointer: Any, count: Any):
    """The pointer `count` elements further on."""
    kind = types.Pointer(pointer.element)
    return kind(kind, types.int64), lambda builder, args: builder.gep(args[0], [args[1]])


@instruction
def prefetch(pointer: Any):
    """Ask for the cache line at a pointer, so that it is in the second-level cache when it is read."""

    def emit(builder: Any, args: Any) -> Any:
        place = builder.bitcast(args[0], I8.as_pointer())
        to_read, second_cache, data = (I32(number) for number in (0, 2, 1))
        call(builder, "llvm.prefetch.p0", ir.VoidType(), place, to_read, second_cache, data)

    return types.void(types.Pointer(pointer.element)), emit


@instruction
def as_integers(pointer: Any):
    """The same memory as 64-bit integers."""
    kind = types.Pointer(types.int64)

    def emit(builder: Any, args: Any) -> Any:
        return builder.bitcast(args[0], kind.llvm)

    return kind(types.Pointer(pointer.element)), emit


@instruction
def as_floats(pointer: Any):
    """The same memory as float32."""
    kind = types.Pointer(types.float32)

    def emit(builder: Any, args: Any) -> Any:
        return builder.bitcast(args[0], kind.llvm)

    return kind(types.Pointer(pointer.element)), emit


@instruction
def bits_as_number(bits: Any):
    """The float64 whose bits an integer holds."""
    return types.float64(types.int64), lambda builder, args: builder.bitcast(args[0], ir.DoubleType())


def at(pointer, vector):
    """The pointer to a vector, by its number."""
    return advance(pointer, vector * LANES)


def make_room(vectors: int) -> Any:
    """A function without arguments that gives memory on the stack for some vectors, aligned to lines of the cache."""

    @instruction
    def room():
        def emit(builder, args):
            return room_on_stack(builder, ir.FloatType(), vectors * LANES)

        return types.Pointer(types.float32)(), emit

    return room


def room_on_stack(builder: Any, element: ir.Type, count: int) -> Any:
    """Memory on the stack for one call of a function; nothing clears it."""
    with builder.goto_entry_block():
        room = builder.alloca(ir.ArrayType(element, count))
    room.align = VECTOR_BYTES
    return builder.bitcast(room, element.as_pointer())
