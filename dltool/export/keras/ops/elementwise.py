"""Elementwise functions of one value."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def scale(model: Model, x: Operand, *, factor: float) -> Variable:
    """factor · x."""
    return model.let(f"{factor:.9g} * {x.made.name}")


def square(model: Model, x: Operand) -> Variable:
    """square."""
    return model.let(f"ops.square({x.made.name})")


def exp(model: Model, x: Operand) -> Variable:
    """exp."""
    return model.let(f"ops.exp({x.made.name})")


def reciprocal_square_root(model: Model, x: Operand, *, eps: float) -> Variable:
    """rsqrt."""
    return model.let(f"ops.rsqrt({x.made.name} + {eps:.9g})")
