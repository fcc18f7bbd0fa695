"""Zeros around images and series, and cutting borders off."""

from __future__ import annotations

import numpy as np

from dltool.export.onnx.model import Model, Operand


def pad(model: Model, x: Operand, *, height: int, width: int, top: int, bottom: int, left: int, right: int) -> str:
    """Pad."""
    before, after = _of(x, top, left), _of(x, bottom, right)
    return model.node("Pad", x, np.array([0, *before, 0, 0, *after, 0], np.int64))


def crop(model: Model, x: Operand, *, height: int, width: int, top: int, bottom: int, left: int, right: int) -> str:
    """Slice."""
    first, sizes = np.array(_of(x, top, left), np.int64), np.array(_of(x, height, width), np.int64)
    return model.node("Slice", x, first, first + sizes, np.arange(1, 1 + len(sizes)))


def _of(x: Operand, vertical: int, horizontal: int) -> list[int]:
    """Both numbers for images, the latter for series."""
    return [vertical, horizontal][3 - len(x.shape) :]
