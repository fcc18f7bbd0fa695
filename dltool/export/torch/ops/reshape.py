"""Other shapes: of values with their channels last, as dltool counts them."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def reshape(module: Module, x: Operand, *, shape: tuple[int, ...]) -> Variable:
    """flatten or reshape."""
    if len(shape) == 1:
        return module.let(f"{module.last(x)}.flatten(1)")
    return module.let(f"{module.last(x)}.reshape(-1, {', '.join(map(str, shape))})")
