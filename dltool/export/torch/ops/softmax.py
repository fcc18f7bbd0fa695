"""Softmax."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def softmax(module: Module, x: Operand) -> Variable:
    """softmax of the channels."""
    return module.let(f"{module.last(x)}.softmax(dim=-1)")
