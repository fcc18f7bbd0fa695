"""Repeating a value along axes."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module
from dltool.ops.broadcasting import Axes


def broadcast(module: Module, x: Operand, *, axes: Axes) -> Variable:
    """expand."""
    return module.let(f"{module.last(x)}.expand(-1, {', '.join(str(large) for large, _ in axes)})")
