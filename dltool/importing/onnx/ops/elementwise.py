"""Activations, normalizations, and what passes values on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dltool.importing.network import Layer, Unknown
from dltool.importing.onnx.expressions import completes_activation, is_expression
from dltool.importing.onnx.reading import CHANNELS, OnnxNode, require_channels_first, translates

_PLAIN = {
    "Relu": "relu", "Sigmoid": "sigmoid", "Tanh": "tanh", "Softplus": "softplus", "Swish": "silu",
}  # fmt: skip


@translates(*_PLAIN)
def _activation(node: OnnxNode) -> None:
    if node.kind in ("Sigmoid", "Tanh"):  # it may be a part of another one
        completes_activation(node)
        if node.inputs[0] not in node.reading.values:
            return
    value = node.value()
    node.add([Layer(_PLAIN[node.kind])], [value], value.axes)


@translates("LeakyRelu")
def _leaky_relu(node: OnnxNode) -> None:
    value = node.value()
    node.add([Layer("leaky_relu", {"slope": _short(node.get("alpha", 0.01))})], [value], value.axes)


@translates("Elu")
def _elu(node: OnnxNode) -> None:
    value = node.value()
    node.add([Layer("elu", {"alpha": _short(node.get("alpha", 1.0))})], [value], value.axes)


@translates("Selu")
def _selu(node: OnnxNode) -> None:
    value = node.value()
    if not np.allclose([node.get("alpha", 1.67326), node.get("gamma", 1.0507)], [1.67326, 1.0507], atol=1e-4):
        raise Unknown("has a counterpart only with its usual numbers")
    node.add([Layer("selu")], [value], value.axes)


@translates("Gelu")
def _gelu(node: OnnxNode) -> None:
    value = node.value()
    kind = "gelu_tanh" if node.get("approximate", b"none") in (b"tanh", "tanh") else "gelu"
    node.add([Layer(kind)], [value], value.axes)


@translates("Softmax")
def _softmax(node: OnnxNode) -> None:
    value = node.value()
    if value.axes[node.get("axis", -1)] != CHANNELS:
        raise Unknown("has a counterpart only over channels")
    node.add([Layer("softmax")], [value], value.axes)


@translates("Mul", "Sub", "Div", "Pow", "Erf", "Exp")
def _expression(node: OnnxNode) -> None:
    """A part of an activation that is spelled out."""
    if not completes_activation(node) and not is_expression(node):
        raise Unknown("has a counterpart only where it is a part of an activation, such as gelu")


@translates("BatchNormalization")
def _batch_norm(node: OnnxNode) -> None:
    value = require_channels_first(node)
    node.require(training_mode=0)
    names = ("gain", "bias", "running_mean", "running_variance")
    tensors = {name: node.tensor(place) for place, name in enumerate(names, start=1)}
    fields = {"epsilon": _short(node.get("epsilon", 1e-5)), "momentum": _short(node.get("momentum", 0.9))}
    node.add([Layer("batch_norm", fields, [tensors])], [value], value.axes)


@translates("LayerNormalization")
def _layer_norm(node: OnnxNode) -> None:
    value = node.value()
    if value.axes[-1] != CHANNELS or node.get("axis", -1) not in (-1, len(value.axes) - 1):
        raise Unknown("has a counterpart only over channels that stand last")
    zeros: Callable[[np.ndarray], np.ndarray] = np.zeros_like
    bias = node.tensor(2) if node.constant(2) is not None else node.tensor(1, zeros)
    fields = {"epsilon": _short(node.get("epsilon", 1e-5))}
    node.add([Layer("layer_norm", fields, [{"gain": node.tensor(1), "bias": bias}])], [value], value.axes)


@translates("Identity", "Dropout", "Cast")
def _nothing(node: OnnxNode) -> None:
    if node.kind == "Cast" and node.get("to") != 1:
        raise Unknown("to other numbers than float32 has no counterpart")
    node.name_value(node.value())


def _short(number: float) -> float:
    """The shortest number that is the same in float32, as attributes are."""
    return float(str(np.float32(number)))
