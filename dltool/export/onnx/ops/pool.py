"""Pools."""

from __future__ import annotations

from typing import Any

from dltool.export.onnx.model import Model, Operand
from dltool.export.onnx.ops.places import channels_first, channels_last, of_axes, padding
from dltool.kernels.geometry import Geometry


def max_pool(model: Model, x: Operand, **geometry: int) -> str:
    """MaxPool."""
    return _pooled(model, "MaxPool", x, Geometry(**geometry))


def average_pool(model: Model, x: Operand, *, include_padding: int, **geometry: int) -> str:
    """AveragePool."""
    return _pooled(model, "AveragePool", x, Geometry(**geometry), count_include_pad=include_padding)


def _pooled(model: Model, op: str, x: Operand, geometry: Geometry, **attributes: Any) -> str:
    before, after = padding(x, geometry)
    y = model.node(
        op,
        channels_first(model, x),
        kernel_shape=of_axes(x, geometry.kernel_height, geometry.kernel_width),
        strides=of_axes(x, geometry.stride_height, geometry.stride_width),
        pads=[*before, *(max(0, each) for each in after)],
        **attributes,
    )
    return channels_last(model, y, len(x.shape))
