"""Layer normalization."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand


def layer_norm(model: Model, x: Operand, gain: Operand, bias: Operand, *, eps: float) -> str:
    """LayerNormalization over the last axis."""
    return model.node("LayerNormalization", x, gain, bias, axis=-1, epsilon=eps)
