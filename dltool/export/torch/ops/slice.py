"""Parts of values."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module
from dltool.ops.broadcasting import Axes


def slice(module: Module, x: Operand, *, axes: Axes, start: int) -> Variable:  # noqa: A001
    """narrow along the axis that is smaller in the part."""
    for axis, (large, small) in enumerate(axes, start=1):
        if large != small:
            return module.let(f"{module.last(x)}.narrow({axis}, {start}, {small})")
    return x.made
