"""Biases that belong to no product."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable


def add_bias(model: Model, x: Operand, b: Operand) -> Variable:
    """x + b."""
    return model.let(f"{x.made.name} + {model.tensor(b)}")
