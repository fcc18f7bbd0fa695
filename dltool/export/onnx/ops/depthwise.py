"""Convolutions that keep channels apart: as many groups as channels."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand
from dltool.export.onnx.ops.conv import convolved, spread
from dltool.kernels.geometry import Geometry
from dltool.layouts import outputs_first


def depthwise(model: Model, x: Operand, w: Operand, **geometry: int) -> str:
    """Conv."""
    return convolved(model, x, outputs_first(w.known), x.shape[-1], Geometry(**geometry))


def depthwise_data_gradient(model: Model, dy: Operand, w: Operand, **geometry: int) -> str:
    """ConvTranspose."""
    return spread(model, dy, outputs_first(w.known), dy.shape[-1], Geometry(**geometry))
