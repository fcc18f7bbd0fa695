"""Normalizations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dltool.importing.keras.layers.layer import KerasLayer, translates
from dltool.importing.network import Layer, Tensor, Unknown


@translates("BatchNormalization")
def _batch_norm(layer: KerasLayer) -> Sequence[Layer]:
    _require_last_axis(layer)
    gain, bias = layer["scale"], layer["center"]
    names = [*(["gain"] if gain else []), *(["bias"] if bias else []), "running_mean", "running_variance"]
    tensors = layer.tensors(*names)
    if not bias:
        zeros = np.zeros_like(tensors["running_mean"].array)
        tensors["bias"] = Tensor(f"{layer.path}: no center", zeros)
    fields = {"momentum": layer["momentum"], "epsilon": layer["epsilon"], "gain": gain}
    return [Layer("batch_norm", fields, [tensors])]


@translates("LayerNormalization")
def _layer_norm(layer: KerasLayer) -> Sequence[Layer]:
    _require_last_axis(layer)
    layer.require(center=True, scale=True)
    return [Layer("layer_norm", {"epsilon": layer["epsilon"]}, [layer.tensors("gain", "bias")])]


@translates("GroupNormalization")
def _group_norm(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(axis=-1, center=True, scale=True)
    fields = {"groups": layer["groups"], "epsilon": layer["epsilon"]}
    return [Layer("group_norm", fields, [layer.tensors("gain", "bias")])]


@translates("RMSNormalization")
def _rms_norm(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(axis=-1)
    return [Layer("rms_norm", {"epsilon": layer["epsilon"]}, [layer.tensors("gain")])]


def _require_last_axis(layer: KerasLayer) -> None:
    """Raises Unknown unless the last axis is normalized; a saved model may count it from the front."""
    axes = layer["axis"] if isinstance(layer["axis"], list) else [layer["axis"]]
    if axes not in ([-1], [len(layer.get("input_shape") or ()) - 1]):
        raise Unknown(f"axis: {layer['axis']} has no counterpart; only the last one")
