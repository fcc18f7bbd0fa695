"""Convolutions that keep channels apart: as many groups as channels."""

from __future__ import annotations

import numpy as np

from dltool.export.onnx.model import Model, Operand
from dltool.export.onnx.ops.conv import convolved, spread
from dltool.kernels.geometry import Geometry


def depthwise(model: Model, x: Operand, w: Operand, **geometry: int) -> str:
    """Conv."""
    return convolved(model, x, _turned(w.known), x.shape[-1], Geometry(**geometry))


def depthwise_data_gradient(model: Model, dy: Operand, w: Operand, **geometry: int) -> str:
    """ConvTranspose."""
    return spread(model, dy, _turned(w.known), dy.shape[-1], Geometry(**geometry))


def _turned(w: np.ndarray) -> np.ndarray:
    """(C, 1, …) of (…, 1, C)."""
    return np.moveaxis(w, (-1, -2), (0, 1))
