"""Vectors of 16 lanes as values of kernels, so that kernels say exactly which instructions they mean.

Every buffer of the cpu kernels is a whole number of 16-float vectors, so a kernel is a loop over vectors with no
remainder, nothing is left to an auto-vectorizer, and a result has the same bits wherever a loop is cut. LLVM keeps a
vector in one register under AVX-512 and in two under AVX2. Products and sums are only fused where `fma` is written.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from dltool.kernels.compiler import types
from dltool.kernels.compiler.instruction import I1, I8, I32, I64, call, instruction
from dltool.kernels.processor import IS_X86
from dltool.kernels.records import LANES, VECTOR_BYTES

FMA = "llvm.fma.v16f32"


class VectorType(types.Type):
    """16 lanes of one element type."""

    def __init__(self, name: str, element: ir.Type):
        self.element, self._name = element, name
        self.operators = {}

    @property
    def llvm(self) -> ir.Type:
        return ir.VectorType(self.element, LANES)

    def __repr__(self) -> str:
        return self._name


floats16 = VectorType("floats16", ir.FloatType())
words16 = VectorType("words16", I32)  # unsigned 32-bit integers
mask16 = VectorType("mask16", I1)


def _define(symbol: type[ast.AST], result: VectorType, operand: VectorType, emit: Callable[..., Any]) -> None:
    """A binary operator between two vectors of one type."""
    operand.operators[symbol] = result, emit


def _compare(condition: str) -> Callable[..., Any]:
    return lambda builder, a, b: builder.fcmp_ordered(condition, a, b)


_define(ast.Add, floats16, floats16, lambda builder, a, b: builder.fadd(a, b))
_define(ast.Sub, floats16, floats16, lambda builder, a, b: builder.fsub(a, b))
_define(ast.Mult, floats16, floats16, lambda builder, a, b: builder.fmul(a, b))
_define(ast.Div, floats16, floats16, lambda builder, a, b: builder.fdiv(a, b))
_define(ast.Lt, mask16, floats16, _compare("<"))
_define(ast.Gt, mask16, floats16, _compare(">"))
_define(ast.Add, words16, words16, lambda builder, a, b: builder.add(a, b))
_define(ast.Mult, words16, words16, lambda builder, a, b: builder.mul(a, b))
_define(ast.BitXor, words16, words16, lambda builder, a, b: builder.xor(a, b))
_define(ast.BitAnd, words16, words16, lambda builder, a, b: builder.and_(a, b))
_define(ast.RShift, words16, words16, lambda builder, a, b: builder.lshr(a, b))
_define(ast.LShift, words16, words16, lambda builder, a, b: builder.shl(a, b))
_define(ast.BitOr, words16, words16, lambda builder, a, b: builder.or_(a, b))
_define(ast.Sub, words16, words16, lambda builder, a, b: builder.sub(a, b))
_define(ast.GtE, mask16, words16, lambda builder, a, b: builder.icmp_unsigned(">=", a, b))
_define(ast.Gt, mask16, words16, lambda builder, a, b: builder.icmp_unsigned(">", a, b))


def broadcast(builder: Any, scalar: Any) -> Any:
    """A number in every lane."""
    vector = ir.VectorType(scalar.type, LANES)
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, scalar, I32(0))
    return shuffled(builder, first, undefined, [0] * LANES)


def shuffled(builder: Any, one: Any, other: Any, order: Sequence[int]) -> Any:
    """The lanes that an order names, of two vectors whose lanes are numbered on from one to the other."""
    return builder.shuffle_vector(one, other, ir.Constant(ir.VectorType(I32, len(order)), list(order)))


def read(builder: Any, pointer: Any) -> Any:
    """The vector that begins at a float."""
    return builder.load(as_vector(builder, pointer), align=4)


def write(builder: Any, value: Any, pointer: Any) -> None:
    """Write a vector where a float is."""
    builder.store(value, as_vector(builder, pointer), align=4)


def as_vector(builder: Any, pointer: Any) -> Any:
    """The same place, for 16 floats."""
    return builder.bitcast(pointer, floats16.llvm.as_pointer())


@instruction
def splat(value: Any):
    """The same number (float32 or uint32) in every lane."""
    kind = floats16 if isinstance(value, types.Float) else words16
    scalar = types.float32 if kind is floats16 else types.uint32
    return kind(scalar), lambda builder, args: broadcast(builder, args[0])


@instruction
def constant(value: Any):
    """A number of any type in every lane, as float32."""
    return floats16(types.float32), lambda builder, args: broadcast(builder, args[0])


@instruction
def load(pointer: Any, index: Any):
    """The 16 elements from `index` on, of a pointer to float32 or uint32."""
    kind = floats16 if pointer.element == types.float32 else words16

    def emit(builder: Any, args: Any) -> Any:
        address = builder.bitcast(builder.gep(args[0], [args[1]]), kind.llvm.as_pointer())
        return builder.load(address, align=4)

    return kind(types.Pointer(pointer.element), types.int64), emit


@instruction
def store(pointer: Any, index: Any, value: Any):
    """Write 16 elements from `index` on."""

    def emit(builder: Any, args: Any) -> Any:
        address = builder.bitcast(builder.gep(args[0], [args[1]]), value.llvm.as_pointer())
        builder.store(args[2], address, align=4)

    return types.void(types.Pointer(pointer.element), types.int64, value), emit


@instruction
def stream(pointer: Any, index: Any, value: Any):
    """Write 16 floats from `index` on, a whole line of the cache, without reading that line into the cache.

    The address must be a multiple of 64 bytes. Other threads see them once `fence` has been called.
    """

    def emit(builder: Any, args: Any) -> Any:
        address = builder.bitcast(builder.gep(args[0], [args[1]]), value.llvm.as_pointer())
        written = builder.store(args[2], address, align=VECTOR_BYTES)
        written.set_metadata("nontemporal", builder.module.add_metadata([I32(1)]))

    return types.void(types.Pointer(pointer.element), types.int64, value), emit


@instruction
def fence():
    """All that was streamed comes before what this thread writes from now on."""

    def emit(builder: Any, args: Any) -> Any:
        if IS_X86:
            call(builder, "llvm.x86.sse.sfence", ir.VoidType())

    return types.void(), emit


@instruction
def load_bytes(pointer: Any, index: Any):
    """16 unsigned bytes from `index` on, as floats."""

    def emit(builder: Any, args: Any) -> Any:
        narrow = ir.VectorType(I8, LANES)
        raw = builder.load(builder.bitcast(builder.gep(args[0], [args[1]]), narrow.as_pointer()), align=1)
        return builder.sitofp(builder.zext(raw, words16.llvm), floats16.llvm)

    return floats16(types.Pointer(pointer.element), types.int64), emit


@instruction
def fma(a: Any, b: Any, c: Any):
    """a · b + c, rounded once."""

    def emit(builder: Any, args: Any) -> Any:
        return call(builder, FMA, floats16.llvm, *args)

    return floats16(floats16, floats16, floats16), emit


@instruction
def select(condition: Any, yes: Any, no: Any):
    """Lane by lane: `yes` where the condition holds, else `no`."""
    return yes(mask16, yes, yes), lambda builder, args: builder.select(*args)


def _unary(name: str) -> Any:
    def typer(x: Any):
        def emit(builder: Any, args: Any) -> Any:
            return call(builder, f"llvm.{name}.v16f32", floats16.llvm, args[0])

        return floats16(floats16), emit

    typer.__name__ = name
    return instruction(typer)


sqrt = _unary("sqrt")
floor = _unary("floor")
absolute = _unary("fabs")


@instruction
def to_words(x: Any):
    """Integers from floats of integral value in (-2³¹, 2³¹)."""
    return words16(floats16), lambda builder, args: builder.fptosi(args[0], words16.llvm)


@instruction
def to_floats(x: Any):
    """Floats from signed integers."""
    return floats16(words16), lambda builder, args: builder.sitofp(args[0], floats16.llvm)


@instruction
def bits_as_floats(x: Any):
    """The same bits, read as floats."""
    return floats16(words16), lambda builder, args: builder.bitcast(args[0], floats16.llvm)


@instruction
def floats_as_bits(x: Any):
    """The same bits, read as integers."""
    return words16(floats16), lambda builder, args: builder.bitcast(args[0], words16.llvm)


@instruction
def high_product(a: Any, b: Any):
    """The upper 32 bits of the 64-bit products of unsigned integers."""

    def emit(builder: Any, args: Any) -> Any:
        wide = ir.VectorType(I64, LANES)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        shift = ir.Constant(wide, [32] * LANES)
        return builder.trunc(builder.lshr(product, shift), words16.llvm)

    return words16(words16, words16), emit


@instruction
def store_integers(pointer: Any, index: Any, value: Any):
    """Write 16 words as 64-bit integers from `index` on."""

    def emit(builder: Any, args: Any) -> Any:
        wide = ir.VectorType(I64, LANES)
        address = builder.bitcast(builder.gep(args[0], [args[1]]), wide.as_pointer())
        builder.store(builder.zext(args[2], wide), address, align=8)

    return types.void(types.Pointer(pointer.element), types.int64, words16), emit


def copy_vectors(source, target, count):
    """Copy `count` contiguous vectors."""
    for i in range(count):
        store(target, i * LANES, load(source, i * LANES))


def clear_vectors(target, count):
    """Zero `count` contiguous vectors."""
    for i in range(count):
        store(target, i * LANES, constant(0))
