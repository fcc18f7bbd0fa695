"""Convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dltool.importing.keras.layers.activations import activation
from dltool.importing.keras.layers.layer import KerasLayer, square, translates
from dltool.importing.network import Layer, Tensor, Unknown


@translates("Conv1D", "Conv2D")
def _conv(layer: KerasLayer) -> Sequence[Layer]:
    fields = {**_windows(layer), "filters": layer["filters"], "groups": layer.get("groups", 1)}
    return [Layer(f"conv{_axes(layer)}d", fields, [_tensors(layer)]), *activation(layer["activation"])]


@translates("Conv1DTranspose", "Conv2DTranspose")
def _transposed(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(output_padding=None)
    kernel, stride = np.atleast_1d(layer["kernel_size"]), np.atleast_1d(layer["strides"])
    if layer["padding"] == "valid" and (stride > kernel).any():
        raise Unknown("a stride beyond the kernel has no counterpart")
    fields = {**_windows(layer), "filters": layer["filters"]}
    return [Layer(f"conv{_axes(layer)}d_transpose", fields, [_tensors(layer)]), *activation(layer["activation"])]


@translates("DepthwiseConv1D", "DepthwiseConv2D")
def _depthwise(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(depth_multiplier=1)
    tensors = _tensors(layer)
    tensors["weight"] = _swapped(tensors["weight"])
    return [Layer(f"depthwise_conv{_axes(layer)}d", _windows(layer), [tensors]), *activation(layer["activation"])]


@translates("SeparableConv1D", "SeparableConv2D")
def _separable(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(depth_multiplier=1)
    axes, bias = _axes(layer), layer["use_bias"]
    names = ("depthwise", "pointwise", "bias") if bias else ("depthwise", "pointwise")
    tensors = layer.tensors(*names)
    depthwise = Layer(
        f"depthwise_conv{axes}d", {**_windows(layer), "bias": False}, [{"weight": _swapped(tensors["depthwise"])}]
    )
    own = {"weight": tensors["pointwise"], **({"bias": tensors["bias"]} if bias else {})}
    pointwise = Layer(f"conv{axes}d", {"filters": layer["filters"], "kernel": 1, "bias": bias}, [own])
    return [depthwise, pointwise, *activation(layer["activation"])]


def _axes(layer: KerasLayer) -> int:
    return len(layer["kernel_size"])


def _windows(layer: KerasLayer) -> dict[str, Any]:
    layer.require(data_format="channels_last")
    if layer["padding"] not in ("valid", "same"):
        raise Unknown(f"padding: {layer['padding']} has no counterpart; only valid and same")
    return {
        "kernel": square(layer["kernel_size"]),
        "stride": square(layer["strides"]),
        "padding": layer["padding"],
        "dilation": square(layer.get("dilation_rate", 1)),
        "bias": layer["use_bias"],
    }


def _tensors(layer: KerasLayer) -> dict[str, Tensor]:
    return layer.tensors(*(("weight", "bias") if layer["use_bias"] else ("weight",)))


def _swapped(kernel: Tensor) -> Tensor:
    """(…, 1, channels) of (…, channels, 1)."""
    return replace(kernel, array=np.swapaxes(kernel.array, -1, -2))
