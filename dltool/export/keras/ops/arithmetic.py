"""Arithmetic of two values, joining them, and taking them apart."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable
from dltool.ops.broadcasting import Axes


def add(model: Model, a: Operand, b: Operand) -> Variable:
    """a + b."""
    return model.let(f"{model.value(a)} + {model.value(b)}")


def subtract(model: Model, a: Operand, b: Operand) -> Variable:
    """a − b."""
    return model.let(f"{model.value(a)} - {model.value(b)}")


def multiply(model: Model, a: Operand, b: Operand) -> Variable:
    """a · b."""
    return model.let(f"{model.value(a)} * {model.value(b)}")


def divide(model: Model, a: Operand, b: Operand) -> Variable:
    """a / b."""
    return model.let(f"{model.value(a)} / {model.value(b)}")


def add_broadcast(model: Model, a: Operand, b: Operand, *, axes: Axes) -> Variable:
    """a + b."""
    return add(model, a, b)


def subtract_broadcast(model: Model, a: Operand, b: Operand, *, axes: Axes) -> Variable:
    """a − b."""
    return subtract(model, a, b)


def multiply_broadcast(model: Model, a: Operand, b: Operand, *, axes: Axes) -> Variable:
    """a · b."""
    return multiply(model, a, b)


def divide_broadcast(model: Model, a: Operand, b: Operand, *, axes: Axes) -> Variable:
    """a / b."""
    return divide(model, a, b)


def concat(model: Model, *inputs: Operand) -> Variable:
    """concatenate."""
    return model.let(f"ops.concatenate([{', '.join(x.made.name for x in inputs)}], axis=-1)")


def split(model: Model, x: Operand, *, parts: int) -> list[Variable]:
    """split."""
    pieces = model.let(f"ops.split({x.made.name}, {parts}, axis=-1)")
    return [model.let(f"{pieces.name}[{i}]") for i in range(parts)]
