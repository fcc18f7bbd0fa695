"""Sums and means over axes."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module
from dltool.ops.broadcasting import Axes


def sum(module: Module, x: Operand, *, axes: Axes) -> Variable:  # noqa: A001
    """sum."""
    return module.let(f"{module.last(x)}.sum(dim={_reduced(axes)}, keepdim=True)")


def mean(module: Module, x: Operand, *, axes: Axes) -> Variable:
    """mean."""
    return module.let(f"{module.last(x)}.mean(dim={_reduced(axes)}, keepdim=True)")


def _reduced(axes: Axes) -> list[int]:
    return [i for i, (before, after) in enumerate(axes, start=1) if before != after]
