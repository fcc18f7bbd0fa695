"""Pools, borders, and other layers over the places of images and series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dltool.importing.keras.layers.layer import KerasLayer, square, translates
from dltool.importing.network import Layer


@translates("MaxPooling1D", "MaxPooling2D")
def _max_pool(layer: KerasLayer) -> Sequence[Layer]:
    return [Layer(f"max_pool{len(layer['pool_size'])}d", _windows(layer))]


@translates("AveragePooling1D", "AveragePooling2D")
def _average_pool(layer: KerasLayer) -> Sequence[Layer]:
    return [Layer(f"average_pool{len(layer['pool_size'])}d", _windows(layer))]


@translates("GlobalMaxPooling1D", "GlobalMaxPooling2D")
def _global_max_pool(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(data_format="channels_last", keepdims=False)
    return [Layer("global_max_pool")]


@translates("GlobalAveragePooling1D", "GlobalAveragePooling2D")
def _global_average_pool(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(data_format="channels_last", keepdims=False)
    return [Layer("global_average_pool")]


@translates("ZeroPadding1D", "ZeroPadding2D")
def _zero_pad(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(data_format="channels_last")
    return [Layer(_over("zero_pad", layer["padding"]), {"padding": _ends(layer["padding"])})]


@translates("Cropping1D", "Cropping2D")
def _crop(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(data_format="channels_last")
    return [Layer(_over("crop", layer["cropping"]), {"cropping": _ends(layer["cropping"])})]


@translates("UpSampling1D")
def _upsample_series(layer: KerasLayer) -> Sequence[Layer]:
    return [Layer("upsample1d", {"factor": square(layer["size"])})]


@translates("UpSampling2D")
def _upsample(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(data_format="channels_last")
    if layer["interpolation"] != "bilinear":
        layer.require(interpolation="nearest")
    return [Layer("upsample2d", {"factor": square(layer["size"]), "interpolation": layer["interpolation"]})]


def _windows(layer: KerasLayer) -> dict[str, Any]:
    layer.require(data_format="channels_last")
    size, stride = square(layer["pool_size"]), square(layer["strides"])
    return {"size": size, "stride": None if stride == size else stride, "padding": layer["padding"]}


def _over(kind: str, ends: Any) -> str:
    return f"{kind}{2 if isinstance(ends[0], list | tuple) else 1}d"


def _ends(ends: Any) -> Any:
    if not isinstance(ends[0], list | tuple):
        return square(ends)
    one = square([square(end) for end in ends])
    return one if isinstance(one, int) else [list(end) for end in ends]
