"""Elementwise functions of one value."""

from __future__ import annotations

import numpy as np

from dltool.export.onnx.model import Model, Operand


def scale(model: Model, x: Operand, *, factor: float) -> str:
    """Mul."""
    return model.node("Mul", x, np.array(factor, np.float32))


def square(model: Model, x: Operand) -> str:
    """Mul."""
    return model.node("Mul", x, x)


def exp(model: Model, x: Operand) -> str:
    """Exp."""
    return model.node("Exp", x)


def reciprocal_square_root(model: Model, x: Operand, *, eps: float) -> str:
    """1 / √(x + eps)."""
    shifted = model.node("Add", x, np.array(eps, np.float32))
    return model.node("Reciprocal", model.node("Sqrt", shifted))
