"""Elementwise functions of one value."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def scale(module: Module, x: Operand, *, factor: float) -> Variable:
    """factor · x."""
    return module.alike(x, f"{factor:.9g} * {{}}")


def square(module: Module, x: Operand) -> Variable:
    """square."""
    return module.alike(x, "{}.square()")


def exp(module: Module, x: Operand) -> Variable:
    """exp."""
    return module.alike(x, "{}.exp()")


def reciprocal_square_root(module: Module, x: Operand, *, eps: float) -> Variable:
    """rsqrt."""
    return module.alike(x, f"({{}} + {eps:.9g}).rsqrt()")
