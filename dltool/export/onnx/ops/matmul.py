"""Products with weights."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand


def matmul(model: Model, x: Operand, w: Operand) -> str:
    """MatMul."""
    return model.node("MatMul", x, w)


def matmul_data_gradient(model: Model, dy: Operand, w: Operand) -> str:
    """MatMul by the transposed weights."""
    return model.node("MatMul", dy, w.known.T)
