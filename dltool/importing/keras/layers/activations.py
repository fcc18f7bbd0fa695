"""Activations, as layers and as fields of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dltool.importing.keras.layers.layer import KerasLayer, translates
from dltool.importing.network import Layer, Unknown

#: activations without numbers, by Keras's names
_PLAIN = {name: name for name in ("relu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "softplus", "softmax")}
_PLAIN |= {"swish": "silu"}


def activation(given: Any) -> Sequence[Layer]:
    """The layer of an activation as configs name it; none for a linear one."""
    if given in (None, "linear"):
        return []
    if isinstance(given, dict) and given.get("registered_name") is None:  # an object, such as one of keras.layers
        given = given.get("config") if isinstance(given.get("config"), str) else given.get("class_name")
    if given == "leaky_relu":
        return [Layer("leaky_relu", {"slope": 0.2})]
    if given not in _PLAIN:
        raise Unknown(f"the activation '{given}' has no counterpart")
    return [Layer(_PLAIN[given])]


@translates("Activation")
def _activation(layer: KerasLayer) -> Sequence[Layer]:
    return activation(layer["activation"])


@translates("ReLU")
def _relu(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(max_value=None, threshold=0.0)
    slope = layer.get("negative_slope", 0.0)
    return [Layer("leaky_relu", {"slope": slope})] if slope else [Layer("relu")]


@translates("LeakyReLU")
def _leaky_relu(layer: KerasLayer) -> Sequence[Layer]:
    return [Layer("leaky_relu", {"slope": layer.get("negative_slope", 0.3)})]


@translates("ELU")
def _elu(layer: KerasLayer) -> Sequence[Layer]:
    return [Layer("elu", {"alpha": layer.get("alpha", 1.0)})]


@translates("Softmax")
def _softmax(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(axis=-1)
    return [Layer("softmax")]
