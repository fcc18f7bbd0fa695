"""Operators of MXNet as layers. Images are (channels, height, width) there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dltool.importing.mxnet.node import SymbolNode, translates
from dltool.importing.network import Layer, Tensor, Unknown
from dltool.layouts import outputs_last

_ACTIVATIONS = {"relu": "relu", "sigmoid": "sigmoid", "tanh": "tanh", "softrelu": "softplus", "silu": "silu"}
_OF_CHANNELS_FIRST = (None, "None", "NCHW", "NCW")


@translates("FullyConnected")
def _dense(node: SymbolNode) -> Sequence[Layer]:
    bias = not node.get("no_bias", False)
    fields = {"units": node.get("num_hidden"), "bias": bias, "flatten": bool(node.get("flatten", True))}
    return [Layer("dense", fields, [_weights(node, bias=bias)])]


@translates("Convolution", "Convolution_v1")
def _conv(node: SymbolNode) -> Sequence[Layer]:
    bias = not node.get("no_bias", False)
    groups = {"groups": node.get("num_group", 1)}
    fields = {**_windows(node), **groups, "filters": node.get("num_filter"), "bias": bias}
    return [Layer(f"conv{len(node.get('kernel'))}d", fields, [_weights(node, bias=bias)])]


@translates("Deconvolution")
def _transposed(node: SymbolNode) -> Sequence[Layer]:
    bias = not node.get("no_bias", True)
    node.require(num_group=1, target_shape=())
    if any(node.get("adj", ())):
        raise Unknown(f"adj: {node.get('adj')} has no counterpart")
    fields = {**_windows(node), "filters": node.get("num_filter"), "bias": bias}
    return [Layer(f"conv{len(node.get('kernel'))}d_transpose", fields, [_weights(node, bias=bias)])]


@translates("BatchNorm", "BatchNorm_v1", "SyncBatchNorm")
def _batch_norm(node: SymbolNode) -> Sequence[Layer]:
    node.require(axis=1, use_global_stats=False)
    gain = not node.get("fix_gamma", True)
    names = ("gain", "bias", "running_mean", "running_variance")
    tensors = {name: node.tensor(place, name) for place, name in enumerate(names) if gain or name != "gain"}
    fields = {"epsilon": node.get("eps", 1e-3), "momentum": node.get("momentum", 0.9), "gain": gain}
    return [Layer("batch_norm", fields, [tensors])]


@translates("LayerNorm")
def _layer_norm(node: SymbolNode) -> Sequence[Layer]:
    node.require(axis=-1)
    tensors = {"gain": node.tensor(0, "gamma"), "bias": node.tensor(1, "beta")}
    return [Layer("layer_norm", {"epsilon": node.get("eps", 1e-5)}, [tensors])]


@translates("Activation")
def _activation(node: SymbolNode) -> Sequence[Layer]:
    kind = node.get("act_type")
    if kind not in _ACTIVATIONS:
        raise Unknown(f"act_type: {kind} has no counterpart")
    return [Layer(_ACTIVATIONS[kind])]


@translates("LeakyReLU")
def _leaky_relu(node: SymbolNode) -> Sequence[Layer]:
    kind, slope = node.get("act_type", "leaky"), node.get("slope", 0.25)
    if kind in ("selu", "gelu"):
        return [Layer(kind)]
    if kind == "elu":
        return [Layer("elu", {"alpha": slope})]
    node.require(act_type="leaky")
    return [Layer("leaky_relu", {"slope": slope})]


@translates("relu", "sigmoid", "tanh")
def _function(node: SymbolNode) -> Sequence[Layer]:
    return [Layer(node.attributes["op"])]


@translates("softmax", "SoftmaxActivation", "SoftmaxOutput", "Softmax")
def _softmax(node: SymbolNode) -> Sequence[Layer]:
    node.require(axis=-1, multi_output=False)
    return [Layer("softmax")]


@translates("LogisticRegressionOutput")
def _logistic(node: SymbolNode) -> Sequence[Layer]:
    return [Layer("sigmoid")]


@translates("Pooling", "Pooling_v1")
def _pool(node: SymbolNode) -> Sequence[Layer]:
    kind = {"max": "max", "avg": "average"}.get(node.get("pool_type", "max"))
    if kind is None or node.get("layout") not in _OF_CHANNELS_FIRST:
        raise Unknown(f"pool_type: {node.get('pool_type')}, layout: {node.get('layout')} has no counterpart")
    if node.get("global_pool", False):
        return [Layer(f"global_{kind}_pool")]
    node.require(pooling_convention="valid")
    axes = len(node.get("kernel"))
    fields = {"size": _square(node.get("kernel")), "stride": _square(node.get("stride") or (1,) * axes)}
    fields["padding"] = _padding(node)
    if kind == "average":
        fields["include_padding"] = bool(node.get("count_include_pad", True))
    return [
        Layer(
            f"{kind}_pool{axes}d",
            {**fields, "stride": None if fields["stride"] == fields["size"] else fields["stride"]},
        )
    ]


@translates("Flatten", "flatten")
def _flatten(node: SymbolNode) -> Sequence[Layer]:
    return [Layer("flatten")]


@translates("Reshape", "reshape")
def _reshape(node: SymbolNode) -> Sequence[Layer]:
    if tuple(node.get("shape", ())) not in ((0, -1), (-1, 0)):
        raise Unknown(f"shape: {node.get('shape')} has no counterpart; only (0, -1), which flattens")
    return [Layer("flatten")]


@translates("Dropout")
def _dropout(node: SymbolNode) -> Sequence[Layer]:
    rate = node.get("p", 0.5)
    return [Layer("dropout", {"rate": rate})] if rate else []


@translates("_copy", "identity", "BlockGrad", "LinearRegressionOutput", "MAERegressionOutput", "MakeLoss")
def _nothing(node: SymbolNode) -> Sequence[Layer]:
    return []


def _windows(node: SymbolNode) -> dict[str, Any]:
    if node.get("layout") not in _OF_CHANNELS_FIRST:
        raise Unknown(f"layout: {node.get('layout')} has no counterpart; only NCHW")
    axes = len(node.get("kernel"))
    return {
        "kernel": _square(node.get("kernel")),
        "stride": _square(node.get("stride") or (1,) * axes),
        "dilation": _square(node.get("dilate") or (1,) * axes),
        "padding": _padding(node),
    }


def _padding(node: SymbolNode) -> Any:
    padding = _square(node.get("pad") or (0,))
    return padding or "valid"


def _square(lengths: Sequence[int]) -> Any:
    return lengths[0] if len(set(lengths)) == 1 else list(lengths)


def _weights(node: SymbolNode, *, bias: bool) -> Mapping[str, Tensor]:
    weight = node.tensor(0, "weight")
    if weight.array.ndim < 2:
        raise Unknown(f"its weight is {list(weight.array.shape)}")
    turned: dict[str, Tensor] = {"weight": replace(weight, array=np.asarray(outputs_last(weight.array)))}
    return {**turned, "bias": node.tensor(1, "bias")} if bias else turned
