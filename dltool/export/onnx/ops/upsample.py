"""Images and series enlarged by whole factors, as lines of pixels that are taken once or several times."""

from __future__ import annotations

import numpy as np

from dltool.export.onnx.model import Input, Model, Operand


def upsample_nearest(
    model: Model, x: Operand, *, height: int, width: int, factor_height: int, factor_width: int
) -> str:
    """Gather along both axes."""
    y: Input = x
    for axis, size, factor in _axes(x, height, width, factor_height, factor_width):
        y = model.node("Gather", y, np.repeat(np.arange(size), factor), axis=axis)
    return model.node("Identity", y)


def upsample_bilinear(
    model: Model, x: Operand, *, height: int, width: int, factor_height: int, factor_width: int
) -> str:
    """Gather of both neighbors along both axes, each times its weight."""
    y: Input = x
    for axis, size, factor in _axes(x, height, width, factor_height, factor_width):
        place = np.clip((np.arange(size * factor) + 0.5) / factor - 0.5, 0, size - 1)
        first = np.floor(place).astype(np.int64)
        weight = (place - first).astype(np.float32).reshape(-1, *[1] * (len(x.shape) - axis))
        one = model.node("Mul", model.node("Gather", y, first, axis=axis), 1 - weight)
        other = model.node("Mul", model.node("Gather", y, first + (place > first), axis=axis), weight)
        y = model.node("Add", one, other)
    return model.node("Identity", y)


def _axes(x: Operand, *sizes: int) -> list[tuple[int, int, int]]:
    """Number, size and factor of every axis of places."""
    height, width, factor_height, factor_width = sizes
    pairs = [(height, factor_height), (width, factor_width)][3 - len(x.shape) :]
    return [(axis, *pair) for axis, pair in enumerate(pairs, start=1)]
