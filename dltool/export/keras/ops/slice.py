"""Parts of values."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.program import Operand, Variable
from dltool.ops.broadcasting import Axes


def slice(model: Model, x: Operand, *, axes: Axes, start: int) -> Variable:  # noqa: A001
    """The part along the axis that is smaller in it."""
    parts = [":" if large == small else f"{start}:{start + small}" for large, small in axes]
    return model.let(f"{x.made.name}[:, {', '.join(parts)}]")
