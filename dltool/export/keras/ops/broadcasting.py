"""Repeating a value along axes."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable
from dltool.ops.broadcasting import Axes


def broadcast(model: Model, x: Operand, *, axes: Axes) -> Variable:
    """x times ones."""
    return model.let(f"{x.made.name} * ops.ones({tuple(large for large, _ in axes)})")
