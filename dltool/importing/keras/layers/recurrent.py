"""Recurrent layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dltool.importing.keras.layers.layer import KerasLayer, translates
from dltool.importing.network import Layer, Tensor, Unknown
from dltool.layouts import KERAS_GATES, restored

_KINDS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simple_rnn"}


@translates("LSTM")
def _lstm(layer: KerasLayer) -> Sequence[Layer]:
    return [Layer("lstm", _fields("LSTM", layer), [_lstm_tensors(layer, "/cell")])]


@translates("GRU")
def _gru(layer: KerasLayer) -> Sequence[Layer]:
    return [Layer("gru", _fields("GRU", layer), [_gru_tensors(layer, "/cell")])]


@translates("SimpleRNN")
def _simple_rnn(layer: KerasLayer) -> Sequence[Layer]:
    return [Layer("simple_rnn", _fields("SimpleRNN", layer), [_lstm_tensors(layer, "/cell")])]


@translates("Bidirectional")
def _bidirectional(layer: KerasLayer) -> Sequence[Layer]:
    layer.require(merge_mode="concat")
    name = layer["layer"]["class_name"]
    if name not in _KINDS:
        raise Unknown(f"has no counterpart around {name}; only around {', '.join(_KINDS)}")
    inner = replace(layer, config=layer["layer"]["config"])
    read = _gru_tensors if name == "GRU" else _lstm_tensors
    ways = [read(inner, f"/{way}_layer/cell") for way in ("forward", "backward")]
    return [Layer(_KINDS[name], {**_fields(name, inner), "bidirectional": True}, ways)]


def _fields(name: str, layer: KerasLayer) -> dict[str, Any]:
    layer.require(go_backwards=False, stateful=False, use_bias=True, return_state=False, dropout=0.0)
    fields = {
        "units": layer["units"],
        "return_sequences": layer["return_sequences"],
        "recurrent_dropout": layer.get("recurrent_dropout", 0.0),
    }
    if name == "SimpleRNN":
        if layer["activation"] != "relu":
            layer.require(activation="tanh")
        return {**fields, "activation": layer["activation"]}
    layer.require(activation="tanh", recurrent_activation="sigmoid")
    if name == "GRU":
        layer.require(reset_after=True)
    return fields


def _lstm_tensors(layer: KerasLayer, below: str) -> dict[str, Tensor]:
    """Kernel, recurrent kernel and biases, whose gates are in the same order."""
    return layer.tensors("weight", "recurrent_weight", "bias", below=below)


def _gru_tensors(layer: KerasLayer, below: str) -> dict[str, Tensor]:
    """The same, of a GRU: its update gate stands before the reset gate, and both vectors of biases are one array."""
    tensors = _lstm_tensors(layer, below)
    first, second = np.asarray(tensors["bias"].array)
    name = tensors["bias"].name
    arrays = {
        "weight": tensors["weight"],
        "recurrent_weight": tensors["recurrent_weight"],
        "bias": Tensor(f"{name}[0]", first),
        "recurrent_bias": Tensor(f"{name}[1]", second),
    }
    return {key: replace(one, array=restored(one.array, KERAS_GATES["gru"])) for key, one in arrays.items()}
