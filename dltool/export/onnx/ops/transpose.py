"""Exchanging two axes."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand


def transpose(model: Model, x: Operand, *, axes: tuple[tuple[int], ...], first: int, second: int) -> str:
    """Transpose."""
    order = [*range(len(axes) + 1)]
    order[first + 1], order[second + 1] = order[second + 1], order[first + 1]
    return model.node("Transpose", x, perm=order)
