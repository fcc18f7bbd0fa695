"""Other shapes."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def reshape(model: Model, x: Operand, *, shape: tuple[int, ...]) -> Variable:
    """Flatten or Reshape."""
    construction = "Flatten()" if len(shape) == 1 else f"Reshape({shape})"
    return model.let(f"layers.{construction}({x.made.name})")
