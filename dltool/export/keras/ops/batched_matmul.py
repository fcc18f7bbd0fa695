"""Products of two values of the batch."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def batched_matmul(
    model: Model, x: Operand, y: Operand, *, transpose_x: int, transpose_y: int, matrices: int
) -> Variable:
    """matmul, with the last two axes of either exchanged before."""
    one, other = (
        f"ops.swapaxes({x.made.name}, -1, -2)" if turned else x.made.name
        for x, turned in ((x, transpose_x), (y, transpose_y))
    )
    return model.let(f"ops.matmul({one}, {other})")
