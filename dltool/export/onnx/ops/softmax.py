"""Softmax."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand


def softmax(model: Model, x: Operand) -> str:
    """Softmax over the last axis."""
    return model.node("Softmax", x, axis=-1)
