"""Layers that give a sample another shape."""

from __future__ import annotations

from collections.abc import Sequence

from dltool.importing.keras.layers.layer import KerasLayer, translates
from dltool.importing.network import Layer, Unknown


@translates("Flatten")
def _flatten(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(data_format="channels_last")
    return [Layer("flatten")]


@translates("Reshape")
def _reshape(layer: KerasLayer) -> Sequence[Layer]:
    return [Layer("reshape", {"shape": list(layer["target_shape"])})]


@translates("Permute")
def _permute(layer: KerasLayer) -> Sequence[Layer]:
    if list(layer["dims"]) not in ([2, 1], [1, 3, 2]):
        raise Unknown(f"dims: {list(layer['dims'])} has no counterpart; only the last two axes can be exchanged")
    return [Layer("transpose")]
