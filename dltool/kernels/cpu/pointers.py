"""Pointers: from the integers that hold them, from one place of a buffer to another, and to memory on the stack."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import I8, I32, call, instruction
from dltool.kernels.records import LANES, VECTOR_BYTES

INTEGERS, FLOATS = types.Pointer(types.int64), types.Pointer(types.float32)


def _pointer_to(element: types.Type) -> Any:
    """pointer(address): the elements that lie at an address."""
    kind = types.Pointer(element)

    @instruction
    def pointer(address):
        return kind(types.int64), lambda builder, args: builder.inttoptr(args[0], kind.llvm)

    return pointer


float_pointer, integer_pointer = _pointer_to(types.float32), _pointer_to(types.int64)
word_pointer, byte_pointer = _pointer_to(types.uint32), _pointer_to(types.uint8)


def _memory_as(element: types.Type) -> Any:
    """cast(x): the memory of a pointer or an operand, as elements of another type."""
    kind = types.Pointer(element)

    @instruction
    def cast(x):
        return kind(types.Pointer(x.element)), lambda builder, args: builder.bitcast(args[0], kind.llvm)

    return cast


as_floats, as_integers, as_bytes = _memory_as(types.float32), _memory_as(types.int64), _memory_as(types.uint8)


@instruction
def advance(pointer: Any, count: Any):
    """The pointer `count` elements further on."""
    kind = types.Pointer(pointer.element)
    return kind(kind, types.int64), lambda builder, args: builder.gep(args[0], [args[1]])


@instruction
def prefetch_to_read(pointer: Any):
    """Ask for the cache line at a pointer, so that it is in the second-level cache when it is read."""
    return _prefetch(pointer, to_write=0, locality=2)


@instruction
def prefetch_to_write(pointer: Any):
    """Ask for the cache line at a pointer, so that it is in the first-level cache when it is written."""
    return _prefetch(pointer, to_write=1, locality=3)


def _prefetch(pointer: Any, *, to_write: int, locality: int) -> Any:
    """The arguments are those of LLVM; the cache is that of data, not of instructions."""

    def emit(builder: Any, args: Any) -> Any:
        place, of_data = builder.bitcast(args[0], I8.as_pointer()), I32(1)
        call(builder, "llvm.prefetch.p0", ir.VoidType(), place, I32(to_write), I32(locality), of_data)

    return types.void(types.Pointer(pointer.element)), emit


@instruction
def bits_as_number(bits: Any):
    """The float64 whose bits an integer holds."""
    return types.float64(types.int64), lambda builder, args: builder.bitcast(args[0], ir.DoubleType())


def at(pointer, vector):
    """The pointer to a vector, by its number."""
    return advance(pointer, vector * LANES)


def make_room(element: types.Type, count: int) -> Any:
    """room(): memory on the stack for some elements, aligned to lines of the cache; nothing clears it."""

    @instruction
    def room():
        def emit(builder, args):
            with builder.goto_entry_block():
                place = builder.alloca(ir.ArrayType(element.llvm, count))
            place.align = VECTOR_BYTES
            return builder.bitcast(place, element.llvm.as_pointer())

        return types.Pointer(element)(), emit

    return room
