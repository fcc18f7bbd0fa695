"""Layers of products with weights that are no convolutions, and those that change nothing but training."""

from __future__ import annotations

from collections.abc import Sequence

from dltool.importing.keras.layers.activations import activation
from dltool.importing.keras.layers.layer import TABLE, KerasLayer, translates
from dltool.importing.network import Layer, Unknown


@translates("Dense")
def _dense(layer: KerasLayer) -> Sequence[Layer]:
    names = ("weight", "bias") if layer["use_bias"] else ("weight",)
    fields = {"units": layer["units"], "bias": layer["use_bias"]}
    return [Layer("dense", fields, [layer.tensors(*names)]), *activation(layer["activation"])]


@translates("Embedding")
def _embedding(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(mask_zero=False)
    fields = {"width": layer["output_dim"], "size": layer["input_dim"]}
    return [Layer("embedding", fields, [layer.tensors("weight")])]


@translates("TimeDistributed")
def _time_distributed(layer: KerasLayer) -> Sequence[Layer]:
    inner = layer["layer"]
    if inner["class_name"] not in ("Dense", "Activation", "Dropout"):
        raise Unknown(f"has no counterpart around {inner['class_name']}; only around Dense")
    return TABLE[inner["class_name"]](KerasLayer(inner["config"], layer.weights, f"{layer.path}/layer"))


@translates("Dropout", "AlphaDropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianDropout")
def _dropout(layer: KerasLayer) -> Sequence[Layer]:
    return [Layer("dropout", {"rate": layer["rate"]})] if layer["rate"] else []


@translates("GaussianNoise", "ActivityRegularization", "Identity", "InputLayer")
def _nothing(layer: KerasLayer) -> Sequence[Layer]:
    return []
