"""Arithmetic of numbers in kernels: which type a result has, and how LLVM computes it.

Integers are computed in 64 bits and round down where they are divided. A number of 32 bits and one of 64 give one of
64; a float32 and an integer too, unless the integer was cast before.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from typing import Any

from llvmlite import ir

from dltool.kernels.compiler.instruction import call
from dltool.kernels.compiler.types import (
    Float,
    Integer,
    Number,
    Pointer,
    Type,
    boolean,
    constant,
    float32,
    float64,
    int64,
    uint64,
)

_COMPARED = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_OF_FLOATS = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
_OF_INTEGERS = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.BitXor: "xor",
    ast.LShift: "shl",
}
#: functions of `math`, and what LLVM or the C library calls them
_FUNCTIONS = {
    math.sqrt: "llvm.sqrt.{}",
    math.log: "llvm.log.{}",
    math.exp: "llvm.exp.{}",
    math.pow: "llvm.pow.{}",
    math.log1p: "log1p",
    math.expm1: "expm1",
}


def common(one: Type, other: Type) -> Type:
    """The type of what is a value of one type or of the other."""
    if one == other:
        return one
    if isinstance(one, Integer) and isinstance(other, Integer):
        return _integer(one, other)
    if isinstance(one, Number) and isinstance(other, Number):
        return float64
    pointers = [kind for kind in (one, other) if isinstance(kind, Pointer)]
    if not pointers:
        raise TypeError(f"{one} and {other} have no common type")
    return pointers[0]


def _integer(one: Integer, other: Integer) -> Integer:
    """The type of 64 bits that holds the values of both."""
    signed = [kind for kind in (one, other) if kind.signed or kind == boolean]
    if signed and uint64 in (one, other):
        raise TypeError(f"{one} and {other} have no common type; cast one")
    return int64 if signed else uint64


def cast(builder: Any, value: Any, kind: Type, wanted: Type) -> Any:
    """A number as one of another type."""
    if kind == wanted:
        return value
    if not isinstance(kind, Number) or not isinstance(wanted, Number):
        raise TypeError(f"{kind} is no {wanted}")
    if wanted == boolean and isinstance(kind, Float):
        return builder.fcmp_unordered("!=", value, constant(kind, 0))
    if isinstance(kind, Float) and isinstance(wanted, Float):
        return (builder.fpext if wanted.bits > kind.bits else builder.fptrunc)(value, wanted.llvm)
    if isinstance(kind, Float):
        return (builder.fptosi if wanted.signed else builder.fptoui)(value, wanted.llvm)  # pyright: ignore
    if isinstance(wanted, Float):
        return (builder.sitofp if kind.signed else builder.uitofp)(value, wanted.llvm)
    if wanted == boolean:
        return builder.icmp_unsigned("!=", value, constant(kind, 0))
    if wanted.bits == kind.bits:
        return value
    widen = builder.sext if kind.signed else builder.zext
    return (widen if wanted.bits > kind.bits else builder.trunc)(value, wanted.llvm)


def binary(builder: Any, symbol: ast.operator, one: tuple[Type, Any], other: tuple[Type, Any]) -> tuple[Type, Any]:
    """The result of an operator between two numbers."""
    kind = _computed(one[0], other[0])
    if isinstance(symbol, ast.Div) and isinstance(kind, Integer):
        kind = float64
    a, b = (cast(builder, value, own, kind) for own, value in (one, other))
    if isinstance(kind, Float):
        if isinstance(symbol, ast.Pow):
            return kind, call(builder, f"llvm.pow.f{kind.bits}", kind.llvm, a, b)
        return kind, getattr(builder, _OF_FLOATS[type(symbol)])(a, b)
    if isinstance(symbol, ast.RShift):
        return kind, (builder.ashr if kind.signed else builder.lshr)(a, b)
    if isinstance(symbol, ast.FloorDiv | ast.Mod):
        return kind, _divided(builder, kind, a, b, remainder=isinstance(symbol, ast.Mod))
    return kind, getattr(builder, _OF_INTEGERS[type(symbol)])(a, b)


def _computed(one: Type, other: Type) -> Number:
    if isinstance(one, Integer) and isinstance(other, Integer):
        return _integer(one, other)
    kind = common(one, other)
    if not isinstance(kind, Number):
        raise TypeError(f"there is no arithmetic of {one} and {other}")
    return kind


def _divided(builder: Any, kind: Integer, a: Any, b: Any, *, remainder: bool) -> Any:
    """a // b or a % b, rounded down; 0 where b is."""
    divisor = b.constant if isinstance(b, ir.Constant) else 0
    if divisor > 0 and divisor & (divisor - 1) == 0:
        if remainder:
            return builder.and_(a, constant(kind, divisor - 1))
        return (builder.ashr if kind.signed else builder.lshr)(a, constant(kind, divisor.bit_length() - 1))
    zero = constant(kind, 0)
    none = builder.icmp_unsigned("==", b, zero)
    safe = b if divisor else builder.select(none, constant(kind, 1), b)
    if not kind.signed:
        result = (builder.urem if remainder else builder.udiv)(a, safe)
    else:
        quotient, rest = builder.sdiv(a, safe), builder.srem(a, safe)
        apart = builder.icmp_signed("<", builder.xor(rest, safe), zero)
        rounded_up = builder.and_(builder.icmp_unsigned("!=", rest, zero), apart)
        if remainder:
            result = builder.select(rounded_up, builder.add(rest, safe), rest)
        else:
            result = builder.sub(quotient, builder.zext(rounded_up, kind.llvm))
    return result if divisor else builder.select(none, zero, result)


def compare(builder: Any, symbol: ast.cmpop, one: tuple[Type, Any], other: tuple[Type, Any]) -> Any:
    """Whether a comparison of two numbers holds; with NaN only != does."""
    kind = _computed(one[0], other[0])
    a, b = (cast(builder, value, own, kind) for own, value in (one, other))
    name = _COMPARED[type(symbol)]
    if isinstance(kind, Float):
        return (builder.fcmp_unordered if name == "!=" else builder.fcmp_ordered)(name, a, b)
    return (builder.icmp_signed if kind.signed else builder.icmp_unsigned)(name, a, b)


def negative(builder: Any, kind: Type, value: Any) -> tuple[Type, Any]:
    """-x."""
    if isinstance(kind, Float):
        return kind, builder.fneg(value)
    return int64, builder.neg(cast(builder, value, kind, int64))


def truth(builder: Any, kind: Type, value: Any) -> Any:
    """Whether a number is not zero."""
    return value if kind == boolean else compare(builder, ast.NotEq(), (kind, value), (kind, constant(kind, 0)))


def absolute(builder: Any, kind: Type, value: Any) -> tuple[Type, Any]:
    """|x|."""
    if isinstance(kind, Float):
        return kind, call(builder, f"llvm.fabs.f{kind.bits}", kind.llvm, value)
    value = cast(builder, value, kind, int64)
    return int64, builder.select(builder.icmp_signed("<", value, constant(int64, 0)), builder.neg(value), value)


def extreme(builder: Any, symbol: ast.cmpop, values: Sequence[tuple[Type, Any]]) -> tuple[Type, Any]:
    """The largest (ast.Gt) or smallest (ast.Lt) of some numbers, the first of equal ones."""
    best = values[0]
    for each in values[1:]:
        kind = common(best[0], each[0])
        a, b = (cast(builder, value, own, kind) for own, value in (best, each))
        best = kind, builder.select(compare(builder, symbol, (kind, b), (kind, a)), b, a)
    return best


def elementary(builder: Any, function: Any, values: Sequence[tuple[Type, Any]]) -> tuple[Type, Any]:
    """A function of `math`."""
    kind = float32 if all(own == float32 for own, _ in values) else float64
    name = _FUNCTIONS[function].format(f"f{kind.bits}")
    if kind == float32 and not name.startswith("llvm."):
        name += "f"
    return kind, call(builder, name, kind.llvm, *(cast(builder, value, own, kind) for own, value in values))


def is_elementary(function: Any) -> bool:
    """Whether this is a function of `math` that kernels can call."""
    return any(function is each for each in _FUNCTIONS)
