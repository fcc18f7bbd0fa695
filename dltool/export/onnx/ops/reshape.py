"""Other shapes."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand


def reshape(model: Model, x: Operand, *, shape: tuple[int, ...]) -> str:
    """Reshape of every sample."""
    return model.reshaped(x, 0, *shape)
