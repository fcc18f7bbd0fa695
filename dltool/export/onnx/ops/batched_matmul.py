"""Products of two values of the batch."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand


def batched_matmul(model: Model, x: Operand, y: Operand, *, transpose_x: int, transpose_y: int, matrices: int) -> str:
    """MatMul, with the last two axes of either exchanged before."""
    return model.node("MatMul", _turned(model, x) if transpose_x else x, _turned(model, y) if transpose_y else y)


def _turned(model: Model, x: Operand) -> str:
    axes = [*range(len(x.shape) + 1)]
    return model.node("Transpose", x, perm=[*axes[:-2], axes[-1], axes[-2]])
