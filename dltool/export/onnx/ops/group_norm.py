"""Group normalization, written out for channels behind places."""

from __future__ import annotations

import numpy as np

from dltool.export.onnx.model import Model, Operand


def group_norm(model: Model, x: Operand, gain: Operand, bias: Operand, *, groups: int, eps: float) -> str:
    """(x − mean) / √(variance + eps) · gain + bias, over the places and the channels of each group."""
    cut = model.reshaped(x, 0, -1, groups, x.shape[-1] // groups)
    axes = np.array([1, 3], np.int64)
    centered = model.node("Sub", cut, model.node("ReduceMean", cut, axes, keepdims=1))
    variance = model.node("ReduceMean", model.node("Mul", centered, centered), axes, keepdims=1)
    deviation = model.node("Sqrt", model.node("Add", variance, np.array(eps, np.float32)))
    normalized = model.reshaped(model.node("Div", centered, deviation), 0, *x.shape)
    return model.node("Add", model.node("Mul", normalized, gain), bias)
