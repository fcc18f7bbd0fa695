"""Biases that belong to no product."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def add_bias(module: Module, x: Operand, b: Operand) -> Variable:
    """x + b."""
    return module.let(f"{module.last(x)} + {module.tensor(b)}")
