"""Softmax."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def softmax(model: Model, x: Operand) -> Variable:
    """softmax of the channels."""
    return model.let(f"ops.softmax({x.made.name})")
