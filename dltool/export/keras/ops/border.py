"""Zeros around images and series, and cutting borders off."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def pad(model: Model, x: Operand, *, height: int, width: int, top: int, bottom: int, left: int, right: int) -> Variable:
    """ZeroPadding1D or ZeroPadding2D."""
    return _bordered(model, "ZeroPadding", x, ((top, bottom), (left, right)))


def crop(
    model: Model, x: Operand, *, height: int, width: int, top: int, bottom: int, left: int, right: int
) -> Variable:
    """Cropping1D or Cropping2D."""
    return _bordered(model, "Cropping", x, ((top, bottom), (left, right)))


def _bordered(model: Model, kind: str, x: Operand, border: tuple[tuple[int, int], tuple[int, int]]) -> Variable:
    given = border if len(x.shape) == 3 else border[1]
    return model.let(f"layers.{kind}{len(x.shape) - 1}D({given})({x.made.name})")
