"""Vectors of 16 lanes as Numba values, so that kernels say exactly which instructions they mean.

Every buffer of the cpu kernels is a whole number of 16-float vectors, so a kernel is a loop over vectors with no
remainder, nothing is left to an auto-vectorizer, and a result has the same bits wherever a loop is cut. LLVM keeps a
vector in one register under AVX-512 and in two under AVX2. Products and sums are only fused where `fma` is written.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from dltool.kernels.cpu.compiler import inlined
from dltool.kernels.records import LANES


class VectorType(types.Type):
    """16 lanes of one element type."""

    def __init__(self, name: str, element: ir.Type):
        self.element = element
        super().__init__(name=name)


@register_model(VectorType)
class VectorModel(models.PrimitiveModel):
    """A vector is one LLVM value."""

    def __init__(self, manager: Any, fe_type: VectorType):
        super().__init__(manager, fe_type, ir.VectorType(fe_type.element, LANES))


floats16 = VectorType("floats16", ir.FloatType())
words16 = VectorType("words16", ir.IntType(32))  # unsigned 32-bit integers
mask16 = VectorType("mask16", ir.IntType(1))

_I32 = ir.IntType(32)


def instruction(emitter: Callable[..., Any]) -> Any:
    """A Numba intrinsic: given types it names its signature and emits LLVM code."""
    return intrinsic(emitter)


def llvm_vector(kind: VectorType) -> ir.VectorType:
    """A vector type as LLVM knows it."""
    return ir.VectorType(kind.element, LANES)


def _define(symbol: Any, result: VectorType, operand: VectorType, emit: Callable[..., Any]) -> None:
    """Teach Numba a binary operator between two vectors of one type."""

    cases = [signature(result, operand, operand)]
    register: Any = infer_global(symbol)
    register(type("Operator", (ConcreteTemplate,), {"key": symbol, "cases": cases}))
    lower_builtin(symbol, operand, operand)(lambda context, builder, sig, args: emit(builder, *args))


def _compare(condition: str) -> Callable[..., Any]:
    return lambda builder, a, b: builder.fcmp_ordered(condition, a, b)


_define(operator.add, floats16, floats16, lambda builder, a, b: builder.fadd(a, b))
_define(operator.sub, floats16, floats16, lambda builder, a, b: builder.fsub(a, b))
_define(operator.mul, floats16, floats16, lambda builder, a, b: builder.fmul(a, b))
_define(operator.truediv, floats16, floats16, lambda builder, a, b: builder.fdiv(a, b))
_define(operator.lt, mask16, floats16, _compare("<"))
_define(operator.gt, mask16, floats16, _compare(">"))
_define(operator.add, words16, words16, lambda builder, a, b: builder.add(a, b))
_define(operator.mul, words16, words16, lambda builder, a, b: builder.mul(a, b))
_define(operator.xor, words16, words16, lambda builder, a, b: builder.xor(a, b))
_define(operator.and_, words16, words16, lambda builder, a, b: builder.and_(a, b))
_define(operator.rshift, words16, words16, lambda builder, a, b: builder.lshr(a, b))
_define(operator.lshift, words16, words16, lambda builder, a, b: builder.shl(a, b))
_define(operator.or_, words16, words16, lambda builder, a, b: builder.or_(a, b))
_define(operator.sub, words16, words16, lambda builder, a, b: builder.sub(a, b))
_define(operator.ge, mask16, words16, lambda builder, a, b: builder.icmp_unsigned(">=", a, b))
_define(operator.gt, mask16, words16, lambda builder, a, b: builder.icmp_unsigned(">", a, b))


def _splat(builder: Any, scalar: Any) -> Any:
    vector = ir.VectorType(scalar.type, LANES)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.Constant(_I32, 0))
    return builder.shuffle_vector(
        first, ir.Constant(vector, ir.Undefined), ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES)
    )


def _call(builder: Any, name: str, result: ir.Type, *args: Any) -> Any:
    kind = ir.FunctionType(result, [arg.type for arg in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)


@instruction
def splat(typing: Any, value: Any):
    """The same number (float32 or uint32) in every lane."""
    kind = floats16 if isinstance(value, types.Float) else words16
    scalar = types.float32 if kind is floats16 else types.uint32
    return kind(scalar), lambda context, builder, sig, args: _splat(builder, args[0])


@instruction
def constant(typing: Any, value: Any):
    """A number of any type in every lane, as float32."""
    return floats16(types.float32), lambda context, builder, sig, args: _splat(builder, args[0])


@instruction
def load(typing: Any, pointer: Any, index: Any):
    """The 16 elements from `index` on, of a pointer to float32 or uint32."""
    kind = floats16 if pointer.dtype == types.float32 else words16

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        address = builder.bitcast(builder.gep(args[0], [args[1]]), llvm_vector(kind).as_pointer())
        return builder.load(address, align=4)

    return kind(types.CPointer(pointer.dtype), types.int64), emit


@instruction
def store(typing: Any, pointer: Any, index: Any, value: Any):
    """Write 16 elements from `index` on."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        address = builder.bitcast(builder.gep(args[0], [args[1]]), llvm_vector(value).as_pointer())
        builder.store(args[2], address, align=4)
        return context.get_dummy_value()

    return types.void(types.CPointer(pointer.dtype), types.int64, value), emit


@instruction
def load_bytes(typing: Any, pointer: Any, index: Any):
    """16 unsigned bytes from `index` on, as floats."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        narrow = ir.VectorType(ir.IntType(8), LANES)
        raw = builder.load(builder.bitcast(builder.gep(args[0], [args[1]]), narrow.as_pointer()), align=1)
        return builder.sitofp(builder.zext(raw, llvm_vector(words16)), llvm_vector(floats16))

    return floats16(types.CPointer(pointer.dtype), types.int64), emit


@instruction
def fma(typing: Any, a: Any, b: Any, c: Any):
    """a · b + c, rounded once."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _call(builder, "llvm.fma.v16f32", llvm_vector(floats16), *args)

    return floats16(floats16, floats16, floats16), emit


@instruction
def select(typing: Any, condition: Any, yes: Any, no: Any):
    """Lane by lane: `yes` where the condition holds, else `no`."""
    return yes(mask16, yes, yes), lambda context, builder, sig, args: builder.select(*args)


def _unary(name: str) -> Any:
    def typer(typing: Any, x: Any):
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return _call(builder, f"llvm.{name}.v16f32", llvm_vector(floats16), args[0])

        return floats16(floats16), emit

    typer.__name__ = name
    return instruction(typer)


sqrt = _unary("sqrt")
floor = _unary("floor")
absolute = _unary("fabs")


@instruction
def to_words(typing: Any, x: Any):
    """Integers from floats of integral value in (-2³¹, 2³¹)."""
    return words16(floats16), lambda context, builder, sig, args: builder.fptosi(args[0], llvm_vector(words16))


@instruction
def to_floats(typing: Any, x: Any):
    """Floats from signed integers."""
    return floats16(words16), lambda context, builder, sig, args: builder.sitofp(args[0], llvm_vector(floats16))


@instruction
def bits_as_floats(typing: Any, x: Any):
    """The same bits, read as floats."""
    return floats16(words16), lambda context, builder, sig, args: builder.bitcast(args[0], llvm_vector(floats16))


@instruction
def floats_as_bits(typing: Any, x: Any):
    """The same bits, read as integers."""
    return words16(floats16), lambda context, builder, sig, args: builder.bitcast(args[0], llvm_vector(words16))


@instruction
def high_product(typing: Any, a: Any, b: Any):
    """The upper 32 bits of the 64-bit products of unsigned integers."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        wide = ir.VectorType(ir.IntType(64), LANES)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        shift = ir.Constant(wide, [32] * LANES)
        return builder.trunc(builder.lshr(product, shift), llvm_vector(words16))

    return words16(words16, words16), emit


@instruction
def store_integers(typing: Any, pointer: Any, index: Any, value: Any):
    """Write 16 words as 64-bit integers from `index` on."""

    def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        wide = ir.VectorType(ir.IntType(64), LANES)
        address = builder.bitcast(builder.gep(args[0], [args[1]]), wide.as_pointer())
        builder.store(builder.zext(args[2], wide), address, align=8)
        return context.get_dummy_value()

    return types.void(types.CPointer(pointer.dtype), types.int64, words16), emit


@cache
def shared(function: FunctionType) -> Any:
    """A plain function as a building block of kernels, with all plain functions that it calls.

    Planning runs the same function in Python, so that both sides agree.
    """
    scope = dict(function.__globals__)
    for name in function.__code__.co_names:
        called = scope.get(name)
        if isinstance(called, FunctionType) and called.__module__.startswith("dltool."):
            scope[name] = shared(called)
    return inlined(FunctionType(function.__code__, scope, function.__name__, function.__defaults__))
