"""Exchanging two axes."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def transpose(model: Model, x: Operand, *, axes: tuple[tuple[int], ...], first: int, second: int) -> Variable:
    """swapaxes."""
    return model.let(f"ops.swapaxes({x.made.name}, {first + 1}, {second + 1})")
