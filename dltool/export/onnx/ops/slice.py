"""Parts of values."""

from __future__ import annotations

import numpy as np

from dltool.export.onnx.model import Model, Operand
from dltool.ops.broadcasting import Axes


def slice(model: Model, x: Operand, *, axes: Axes, start: int) -> str:  # noqa: A001
    """Slice along the axis that is smaller in the part."""
    for axis, (large, small) in enumerate(axes, start=1):
        if large != small:
            ends = np.array([start], np.int64), np.array([start + small], np.int64)
            return model.node("Slice", x, *ends, np.array([axis], np.int64))
    return model.node("Identity", x)
