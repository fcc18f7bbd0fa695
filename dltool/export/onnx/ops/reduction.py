"""Sums and means over axes."""

from __future__ import annotations

import numpy as np

from dltool.export.onnx.model import Model, Operand
from dltool.ops.broadcasting import Axes


def sum(model: Model, x: Operand, *, axes: Axes) -> str:  # noqa: A001
    """ReduceSum."""
    return model.node("ReduceSum", x, _reduced(axes), keepdims=1)


def mean(model: Model, x: Operand, *, axes: Axes) -> str:
    """ReduceMean."""
    return model.node("ReduceMean", x, _reduced(axes), keepdims=1)


def _reduced(axes: Axes) -> np.ndarray:
    return np.array([i for i, (before, after) in enumerate(axes, start=1) if before != after], np.int64)
