"""Convolutions. ONNX has the channels before the places, so axes are exchanged around each."""

from __future__ import annotations

import numpy as np

from dltool.export.onnx.model import Model, Operand
from dltool.export.onnx.ops.places import channels_first, channels_last, of_axes, padding
from dltool.kernels.geometry import Geometry
from dltool.layouts import outputs_first


def conv(model: Model, x: Operand, w: Operand, **geometry: int) -> str:
    """Conv, with the weights (…, C, N) as (N, C, …)."""
    return convolved(model, x, outputs_first(w.known), 1, Geometry(**geometry))


def conv_data_gradient(model: Model, dy: Operand, w: Operand, **geometry: int) -> str:
    """ConvTranspose, with the weights (…, C, N) as (N, C, …)."""
    return spread(model, dy, outputs_first(w.known), 1, Geometry(**geometry))


def convolved(model: Model, x: Operand, w: np.ndarray, group: int, geometry: Geometry) -> str:
    """Conv in groups, of weights (N, C / group, …)."""
    before, after = padding(x, geometry)
    y = model.node(
        "Conv",
        channels_first(model, x),
        w,
        kernel_shape=of_axes(x, geometry.kernel_height, geometry.kernel_width),
        strides=of_axes(x, geometry.stride_height, geometry.stride_width),
        dilations=of_axes(x, geometry.dilation_height, geometry.dilation_width),
        pads=[*before, *(max(0, each) for each in after)],
        group=group,
    )
    return channels_last(model, y, len(x.shape))


def spread(model: Model, dy: Operand, w: np.ndarray, group: int, geometry: Geometry) -> str:
    """ConvTranspose in groups, of weights (N, C / group, …); places that no window reaches are output padding."""
    before, after = padding(dy, geometry)
    x = model.node(
        "ConvTranspose",
        channels_first(model, dy),
        w,
        kernel_shape=of_axes(dy, geometry.kernel_height, geometry.kernel_width),
        strides=of_axes(dy, geometry.stride_height, geometry.stride_width),
        dilations=of_axes(dy, geometry.dilation_height, geometry.dilation_width),
        pads=[*before, *(max(0, each) for each in after)],
        output_padding=[max(0, -each) for each in after],
        group=group,
    )
    return channels_last(model, x, len(dy.shape))
