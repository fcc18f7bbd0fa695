"""Convolutions, pools and borders, all with channels before places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dltool.importing.network import Layer, Tensor, Unknown
from dltool.importing.onnx.reading import BATCH, BRACKET, CHANNELS, OnnxNode, require_channels_first, translates
from dltool.layouts import outputs_last


@translates("Conv")
def _conv(node: OnnxNode) -> None:
    value = require_channels_first(node)
    weight = node.tensor(1, outputs_last)
    axes = weight.array.ndim - 2
    before, padding = _padding(node, weight.array.shape[:-2])
    fields = {**_windows(node, weight.array.shape[:-2]), "padding": padding, "groups": node.get("group", 1)}
    fields |= {"filters": weight.array.shape[-1], "bias": node.constant(2) is not None}
    node.add([*before, Layer(f"conv{axes}d", fields, [_tensors(node, weight)])], [value], value.axes)


@translates("ConvTranspose")
def _transposed(node: OnnxNode) -> None:
    value = require_channels_first(node)
    node.require(group=1, output_shape=None)
    if any(node.get("output_padding", ())):
        raise Unknown(f"output_padding: {node.get('output_padding')} has no counterpart")
    weight = node.tensor(1, outputs_last)
    axes = weight.array.ndim - 2
    before, padding = _padding(node, weight.array.shape[:-2])
    if before or padding == "same":
        raise Unknown("different padding at both ends has no counterpart")
    fields = {**_windows(node, weight.array.shape[:-2]), "padding": padding}
    fields |= {"filters": weight.array.shape[-2], "bias": node.constant(2) is not None}
    node.add([Layer(f"conv{axes}d_transpose", fields, [_tensors(node, weight)])], [value], value.axes)


@translates("MaxPool", "AveragePool")
def _pool(node: OnnxNode) -> None:
    value = require_channels_first(node)
    kernel = node.get("kernel_shape")
    axes, kind = len(kernel), "max" if node.kind == "MaxPool" else "average"
    node.require(storage_order=0)
    if set(node.get("dilations", [1])) != {1} or len(node.outputs) > 1:
        raise Unknown("dilations and indices have no counterpart")
    before, padding = _padding(node, kernel)
    size, stride = _square(kernel), _square(node.get("strides", [1] * axes))
    if before or (node.get("ceil_mode", 0) and _ceiling_matters(node, kernel)):
        raise Unknown("windows beyond the edge have no counterpart")
    fields: dict[str, Any] = {"size": size, "stride": None if size == stride else stride, "padding": padding}
    if kind == "average":
        fields["include_padding"] = bool(node.get("count_include_pad", 0))
    node.add([Layer(f"{kind}_pool{axes}d", fields)], [value], value.axes)


@translates("GlobalAveragePool", "GlobalMaxPool")
def _global_pool(node: OnnxNode) -> None:
    value = require_channels_first(node)
    kind = "global_max_pool" if node.kind == "GlobalMaxPool" else "global_average_pool"
    node.add([Layer(kind)], [value], (BATCH, CHANNELS, *(BRACKET for _ in value.places)))


@translates("ReduceMean", "ReduceMax")
def _reduce(node: OnnxNode) -> None:
    value = node.value()
    given = node.constant(1) if len(node.inputs) > 1 else np.array(node.get("axes"))
    over = {int(axis) % len(value.axes) for axis in np.atleast_1d(given)} if given is not None else set()
    if {value.axes[axis] for axis in over} != set(value.places) or not over:
        raise Unknown("has a counterpart only over all places")
    kind = "global_average_pool" if node.kind == "ReduceMean" else "global_max_pool"
    kept = node.get("keepdims", 1)
    axes = tuple(
        BRACKET if place in over else axis for place, axis in enumerate(value.axes) if kept or place not in over
    )
    node.add([Layer(kind)], [value], axes)


@translates("Pad")
def _pad(node: OnnxNode) -> None:
    value = node.value()
    if node.get("mode", b"constant") not in (b"constant", "constant") or np.any(node.constant(2)):
        raise Unknown("has a counterpart only with zeros")
    given = node.constant(1)
    ends = np.array(node.get("pads") if given is None else given).reshape(2, -1).T.tolist()
    if len(ends) != len(value.axes) or any(
        any(pair) for pair, axis in zip(ends, value.axes, strict=True) if not isinstance(axis, int)
    ):
        raise Unknown("has a counterpart only around places")
    pairs = [ends[value.axes.index(place)] for place in sorted(value.places, key=int)]
    node.add([_border(pairs)], [value], value.axes)


def _border(pairs: Sequence[Sequence[int]]) -> Layer:
    return Layer(
        f"zero_pad{len(pairs)}d", {"padding": [list(pair) for pair in pairs] if len(pairs) == 2 else list(pairs[0])}
    )


def _windows(node: OnnxNode, kernel: Sequence[int]) -> dict[str, Any]:
    ones = [1] * len(kernel)
    return {
        "kernel": _square(kernel),
        "stride": _square(node.get("strides", ones)),
        "dilation": _square(node.get("dilations", ones)),
    }


def _same(node: OnnxNode, kernel: Sequence[int]) -> list[tuple[int, int]]:
    """Both ends of the padding with which there are ⌈length / stride⌉ windows, an odd place of it behind."""
    ends = []
    for length, size, stride, dilation in zip(
        node.shape()[2:],
        kernel,
        node.get("strides", [1] * len(kernel)),
        node.get("dilations", [1] * len(kernel)),
        strict=True,
    ):
        whole = max(0, (-(-length // stride) - 1) * stride + (size - 1) * dilation + 1 - length)
        ends.append((whole // 2, whole - whole // 2))
    return ends


def _padding(node: OnnxNode, kernel: Sequence[int]) -> tuple[list[Layer], Any]:
    """A layer that pads before, where both ends differ, and the padding of the layer itself."""
    axes = len(kernel)
    automatic = node.get("auto_pad", b"NOTSET")
    automatic = automatic.decode() if isinstance(automatic, bytes) else automatic
    if automatic == "SAME_UPPER":
        return [], "same"
    if automatic not in ("NOTSET", "VALID"):
        raise Unknown(f"auto_pad: {automatic} has no counterpart")
    pads = node.get("pads") or [0] * (2 * axes)
    before, after = pads[:axes], pads[axes:]
    if list(zip(before, after, strict=True)) == _same(node, kernel):
        return [], "same" if any(pads) else "valid"
    if list(before) != list(after):
        return [_border(list(zip(before, after, strict=True)))], "valid"
    return [], _square(before) or "valid"


def _ceiling_matters(node: OnnxNode, kernel: Sequence[int]) -> bool:
    """Whether there are more windows than fit."""
    axes = len(kernel)
    pads, strides = node.get("pads") or [0] * (2 * axes), node.get("strides", [1] * axes)
    fitting = [
        (length + pads[i] + pads[axes + i] - kernel[i]) // strides[i] + 1 for i, length in enumerate(node.shape()[2:])
    ]
    return list(node.made_shape[2:]) != fitting


def _square(lengths: Sequence[int]) -> Any:
    return int(lengths[0]) if len(set(lengths)) == 1 else [int(length) for length in lengths]


def _tensors(node: OnnxNode, weight: Tensor) -> dict[str, Tensor]:
    return {"weight": weight, **({"bias": node.tensor(2)} if node.constant(2) is not None else {})}
