"""Arithmetic of two values, which ONNX broadcasts by itself; joining and dividing channels."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand
from dltool.ops.broadcasting import Axes


def add(model: Model, a: Operand, b: Operand) -> str:
    """Add."""
    return model.node("Add", a, b)


def subtract(model: Model, a: Operand, b: Operand) -> str:
    """Sub."""
    return model.node("Sub", a, b)


def multiply(model: Model, a: Operand, b: Operand) -> str:
    """Mul."""
    return model.node("Mul", a, b)


def divide(model: Model, a: Operand, b: Operand) -> str:
    """Div."""
    return model.node("Div", a, b)


def add_broadcast(model: Model, a: Operand, b: Operand, *, axes: Axes) -> str:
    """Add."""
    return model.node("Add", a, b)


def subtract_broadcast(model: Model, a: Operand, b: Operand, *, axes: Axes) -> str:
    """Sub."""
    return model.node("Sub", a, b)


def multiply_broadcast(model: Model, a: Operand, b: Operand, *, axes: Axes) -> str:
    """Mul."""
    return model.node("Mul", a, b)


def divide_broadcast(model: Model, a: Operand, b: Operand, *, axes: Axes) -> str:
    """Div."""
    return model.node("Div", a, b)


def concat(model: Model, *inputs: Operand) -> str:
    """Concat of the channels."""
    return model.node("Concat", *inputs, axis=-1)


def split(model: Model, x: Operand, *, parts: int) -> list[str]:
    """Split of the channels."""
    return model.nodes("Split", x, outputs=(True,) * parts, axis=-1, num_outputs=parts)
