"""Products with weights, and what adds a bias to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dltool.importing.network import Layer, Merge, Tensor, Unknown
from dltool.importing.onnx.expressions import completes_activation, is_expression
from dltool.importing.onnx.reading import CHANNELS, OnnxNode, translates


@translates("Gemm")
def _gemm(node: OnnxNode) -> None:
    node.require(alpha=1.0, beta=1.0, transA=0)
    weight = node.tensor(1, np.transpose if node.get("transB", 0) else np.asarray)
    tensors = {"weight": weight}
    if node.constant(2) is not None:
        tensors["bias"] = node.tensor(2, lambda bias: np.broadcast_to(bias.reshape(-1), weight.array.shape[1:]))
    _add_dense(node, tensors)


@translates("MatMul")
def _matmul(node: OnnxNode) -> None:
    _add_dense(node, {"weight": node.tensor(1)})


def _add_dense(node: OnnxNode, tensors: dict[str, Tensor]) -> None:
    value, weight = node.value(), tensors["weight"].array
    if value.axes[-1] != CHANNELS or weight.ndim != 2:
        raise Unknown("a product over another axis than channels has no counterpart")
    node.add([Layer("dense", {"units": weight.shape[1], "bias": "bias" in tensors}, [tensors])], [value], value.axes)


@translates("Add")
def _add(node: OnnxNode) -> None:
    if completes_activation(node):
        return
    known = [name in node.reading.values for name in node.inputs]
    constants = [node.reading.computed.is_constant(name) for name in node.inputs]
    if all(known):
        _add_values(node)
    elif any(known) and any(constants) and _add_bias(node, constants.index(True)):
        node.name_value(node.value(constants.index(False)))
    elif not is_expression(node):
        raise Unknown("adds a constant that is no bias of a layer before it")


@translates("Sum")
def _add_values(node: OnnxNode) -> None:
    values = [node.value(place) for place in range(len(node.inputs))]
    if len({value.axes for value in values}) > 1:
        raise Unknown("adds values whose axes are in different orders")
    node.add(Merge("add"), values, values[0].axes)


def _add_bias(node: OnnxNode, place: int) -> bool:
    """Whether a constant could become the bias of the layer before."""
    bias = node.tensor(place, lambda array: array.reshape(-1))
    return node.change_layer(node.value(1 - place), lambda layer: _with_bias(layer, bias))


@translates("Concat")
def _concat(node: OnnxNode) -> None:
    values = [node.value(place) for place in range(len(node.inputs))]
    axes = values[0].axes
    if any(value.axes != axes for value in values) or axes[node.get("axis")] != CHANNELS:
        raise Unknown("joins another axis than channels")
    node.add(Merge("concat"), values, axes)


def _with_bias(layer: Layer, bias: Tensor) -> Layer | None:
    """A layer without a bias, with one; None for other layers."""
    outputs = layer.fields.get("units", layer.fields.get("filters"))
    if layer.fields.get("bias") is not False or bias.array.shape != (outputs,):
        return None
    return replace(layer, fields={**layer.fields, "bias": True}, tensors=[{**layer.tensors[0], "bias": bias}])
