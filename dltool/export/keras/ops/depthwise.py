"""Convolutions that keep channels apart."""

from __future__ import annotations

from dltool.export.keras.model import Model
from dltool.export.keras.ops.conv import depthwise_layer
from dltool.export.program import Operand, Variable
from dltool.kernels.geometry import Geometry


def depthwise(model: Model, x: Operand, w: Operand, **geometry: int) -> Variable:
    """DepthwiseConv1D or DepthwiseConv2D."""
    return depthwise_layer(model, x, w, Geometry(**geometry))
