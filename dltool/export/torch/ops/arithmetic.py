"""Arithmetic of two values, joining them, and taking them apart."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module
from dltool.ops.broadcasting import Axes


def add(module: Module, a: Operand, b: Operand) -> Variable:
    """a + b."""
    return _of_two(module, "+", a, b)


def subtract(module: Module, a: Operand, b: Operand) -> Variable:
    """a − b."""
    return _of_two(module, "-", a, b)


def multiply(module: Module, a: Operand, b: Operand) -> Variable:
    """a · b."""
    return _of_two(module, "*", a, b)


def divide(module: Module, a: Operand, b: Operand) -> Variable:
    """a / b."""
    return _of_two(module, "/", a, b)


def add_broadcast(module: Module, a: Operand, b: Operand, *, axes: Axes) -> Variable:
    """a + b."""
    return _of_two(module, "+", a, b)


def subtract_broadcast(module: Module, a: Operand, b: Operand, *, axes: Axes) -> Variable:
    """a − b."""
    return _of_two(module, "-", a, b)


def multiply_broadcast(module: Module, a: Operand, b: Operand, *, axes: Axes) -> Variable:
    """a · b."""
    return _of_two(module, "*", a, b)


def divide_broadcast(module: Module, a: Operand, b: Operand, *, axes: Axes) -> Variable:
    """a / b."""
    return _of_two(module, "/", a, b)


def concat(module: Module, *inputs: Operand) -> Variable:
    """torch.cat of the channels."""
    if all(x.variable and x.variable.first for x in inputs):
        return module.let(f"torch.cat([{', '.join(x.made.name for x in inputs)}], dim=1)", first=True)
    return module.let(f"torch.cat([{', '.join(module.last(x) for x in inputs)}], dim=-1)")


def split(module: Module, x: Operand, *, parts: int) -> list[Variable]:
    """chunk of the channels."""
    pieces = module.let(f"{x.made.name}.chunk({parts}, dim={1 if x.made.first else -1})", first=x.made.first)
    return [module.let(f"{pieces.name}[{i}]", first=x.made.first) for i in range(parts)]


def _of_two(module: Module, operator: str, a: Operand, b: Operand) -> Variable:
    alike = a.shape == b.shape and a.variable and b.variable
    if alike and a.made.first and b.made.first:
        return module.let(f"{a.made.name} {operator} {b.made.name}", first=True)
    return module.let(f"{module.value(a)} {operator} {module.value(b)}")
