"""Sums and means over axes."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable
from dltool.ops.broadcasting import Axes


def sum(model: Model, x: Operand, *, axes: Axes) -> Variable:  # noqa: A001
    """sum."""
    return model.let(f"ops.sum({x.made.name}, axis={_reduced(axes)}, keepdims=True)")


def mean(model: Model, x: Operand, *, axes: Axes) -> Variable:
    """mean."""
    return model.let(f"ops.mean({x.made.name}, axis={_reduced(axes)}, keepdims=True)")


def _reduced(axes: Axes) -> tuple[int, ...]:
    return tuple(i for i, (before, after) in enumerate(axes, start=1) if before != after)
