"""Products of two values of the batch."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module


def batched_matmul(
    module: Module, x: Operand, y: Operand, *, transpose_x: int, transpose_y: int, matrices: int
) -> Variable:
    """@, with the last two axes of either exchanged before."""
    one, other = (f"{module.last(x)}{'.mT' if turned else ''}" for x, turned in ((x, transpose_x), (y, transpose_y)))
    return module.let(f"{one} @ {other}")
