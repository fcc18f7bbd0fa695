"""Elementwise functions of one value."""

from __future__ import annotations

from dltool.export.c.ops.activation import elementwise
from dltool.export.c.source import Buffer, Operand, Source


def scale(source: Source, x: Operand, *, factor: float) -> Buffer:
    """factor · x."""
    return source.made(elementwise("multiple", "factor * x[i]", "factor"), "multiple", x.size, x, x.size, float(factor))


def square(source: Source, x: Operand) -> Buffer:
    """x²."""
    return source.made(elementwise("square", "x[i] * x[i]"), "square", x.size, x, x.size)


def exp(source: Source, x: Operand) -> Buffer:
    """eˣ."""
    return source.made(elementwise("exponential", "expf(x[i])"), "exponential", x.size, x, x.size)


def reciprocal_square_root(source: Source, x: Operand, *, eps: float) -> Buffer:
    """1 / √(x + eps)."""
    text = elementwise("inverse_root", "1.0f / sqrtf(x[i] + eps)", "eps")
    return source.made(text, "inverse_root", x.size, x, x.size, float(eps))
