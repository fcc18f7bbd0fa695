"""Biases."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand


def add_bias(model: Model, x: Operand, b: Operand) -> str:
    """Add."""
    return model.node("Add", x, b)
