"""Reading a kernel's arguments: pointers, sizes and numbers out of the integer record."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from dltool.kernels.cpu.vector import inlined, instruction
from dltool.kernels.records import ADDRESS, CHANNELS, EXTRA, LANES, OPERAND, ROWS


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
    return pointer(pointer, types.int64), lambda context, builder, sig, args: builder.gep(args[0], [args[1]])


@instruction
def as_integers(typing: Any, pointer: Any):
    """The same memory as 64-bit integers."""
    kind = types.CPointer(types.int64)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], context.get_value_type(kind))

    return kind(pointer), emit


@instruction
def bits_as_number(typing: Any, bits: Any):
    """The float64 whose bits an integer holds."""
    return types.float64(types.int64), lambda context, builder, sig, args: builder.bitcast(args[0], ir.DoubleType())


@instruction
def call_span(typing: Any, function: Any, first: Any, second: Any, output: Any, vectors: Any, one: Any, other: Any):
    """Call a span function by its address."""
    sig = types.void(types.int64, first, first, first, types.int64, types.float32, types.float32)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [context.get_value_type(arg) for arg in sig.args[1:]])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    return sig, emit


@instruction
def call_tile(
    typing: Any, function: Any, rows: Any, taps: Any, table: Any, a: Any, a_step: Any, b: Any, start: Any,
    start_step: Any, out: Any, least: Any,
):  # fmt: skip
    """Call a tile function by its address."""
    integer = types.int64
    sig = types.void(integer, integer, integer, table, a, integer, b, start, integer, out, types.float32)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [context.get_value_type(arg) for arg in sig.args[1:]])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    return sig, emit


@instruction
def call_lane_tile(
    typing: Any, function: Any, case: Any, lines: Any, terms: Any, strides: Any, a: Any, b: Any, start: Any, out: Any,
    least: Any,
):  # fmt: skip
    """Call a tile function of a convolution that keeps channels apart by its address."""
    integer = types.int64
    sig = types.void(integer, integer, integer, integer, strides, a, b, start, out, types.float32)

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [context.get_value_type(arg) for arg in sig.args[1:]])
        builder.call(builder.inttoptr(args[0], kind.as_pointer()), args[1:])
        return context.get_dummy_value()

    return sig, emit


@inlined
def at(pointer, vector):
    """The pointer to a vector, by its number."""
    return advance(pointer, vector * LANES)


@inlined
def operands(a):
    """How many operands the record holds; only kernels that take any number of inputs ask."""
    return a[-1]


@inlined
def floats(a, operand):
    """The float32 buffer of an operand."""
    return float_pointer(a[operand * OPERAND + ADDRESS])


@inlined
def integers(a, operand):
    """The int64 buffer of an operand."""
    return integer_pointer(a[operand * OPERAND + ADDRESS])


@inlined
def rows(a, operand):
    """Rows of all samples of an activation; rows of a matrix."""
    return a[operand * OPERAND + ROWS]


@inlined
def channels(a, operand):
    """Logical size of the last axis."""
    return a[operand * OPERAND + CHANNELS]


@inlined
def blocks(a, operand):
    """Blocks of 16 that hold the last axis."""
    return (a[operand * OPERAND + CHANNELS] + LANES - 1) // LANES


@inlined
def rows_per_sample(a, operand):
    """Rows that one sample of an activation has."""
    return a[operand * OPERAND + EXTRA]


@inlined
def origin(a, operand, low):
    """What to subtract from a vector's number: the chunk's start where the buffer holds only the chunk."""
    return low * a[operand * OPERAND + EXTRA]


@inlined
def padding(a, operand):
    """Lanes used in the last block, or 0 where it is full."""
    return channels(a, operand) % LANES


@inlined
def attribute(a, operands, index):
    """The integer attribute `index` of an op with `operands` operands."""
    return a[operands * OPERAND + index]


@inlined
def number(a, operands, index):
    """The floating-point attribute `index` of an op with `operands` operands."""
    return bits_as_number(a[operands * OPERAND + index])
