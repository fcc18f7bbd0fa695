"""Exchanging two axes."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def transpose(module: Module, x: Operand, *, axes: tuple[tuple[int], ...], first: int, second: int) -> Variable:
    """transpose."""
    return module.let(f"{module.last(x)}.transpose({first + 1}, {second + 1})")
