"""Recurrent operators: (steps, batch, channels) in, (steps, directions, batch, units) out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dltool.importing.network import Layer, Tensor, Unknown
from dltool.importing.onnx.reading import BATCH, BRACKET, CHANNELS, OnnxNode, translates
from dltool.layouts import ONNX_GATES, restored

_KINDS = {"LSTM": "lstm", "GRU": "gru", "RNN": "simple_rnn"}


@translates("LSTM", "GRU", "RNN")
def _recurrent(node: OnnxNode) -> None:
    value, kind = node.value(), _KINDS[node.kind]
    node.require(layout=0, clip=None, input_forget=0)
    if value.axes != (0, BATCH, CHANNELS):
        raise Unknown("takes axes in an order that has no counterpart")
    direction = _text(node.get("direction", "forward"))
    if direction == "reverse":
        raise Unknown("direction: reverse has no counterpart; only forward and bidirectional")
    if kind == "gru" and not node.get("linear_before_reset", 0):
        raise Unknown("linear_before_reset: 0 has no counterpart; PyTorch's and Keras's GRU have 1")
    for place in (4, 5, 6, 7):
        if np.any(node.constant(place)) and not (place == 4 and _is_whole(node)):
            raise Unknown("initial states, lengths and peepholes have no counterpart")
    fields: dict[str, Any] = {"units": node.get("hidden_size"), "return_sequences": True}
    fields |= {"bidirectional": direction == "bidirectional", **_activation(node, kind)}
    if kind != "gru":
        fields["recurrent_bias"] = True
    ways = [_tensors(node, kind, way) for way in range(2 if fields["bidirectional"] else 1)]
    directions = "D" if fields["bidirectional"] else BRACKET
    last = [place for place, name in enumerate(node.outputs) if place and name and _is_read(node, name)]
    if not last:
        node.add([Layer(kind, fields, ways)], [value], (0, directions, BATCH, CHANNELS))
        return
    if last != [1] or fields["bidirectional"] or (node.outputs[0] and _is_read(node, node.outputs[0])):
        raise Unknown("has a counterpart either for all steps, or for the last outputs")
    layer = Layer(kind, {**fields, "return_sequences": False}, ways)
    node.add([layer], [value], (directions, BATCH, CHANNELS), place=1)


def _tensors(node: OnnxNode, kind: str, way: int) -> Mapping[str, Tensor]:
    """The tensors of one direction: gates along the last axis, in dltool's order."""

    def ordered(array: np.ndarray) -> np.ndarray:
        return restored(array.T, ONNX_GATES[kind]) if kind in ONNX_GATES else array.T

    made = {
        "weight": node.tensor(1, lambda array: ordered(array[way])),
        "recurrent_weight": node.tensor(2, lambda array: ordered(array[way])),
    }
    width = made["weight"].array.shape[1]
    if node.constant(3) is None:
        zeros = Tensor("zeros, since the file has no bias", np.zeros(width, np.float32))
        return {**made, "bias": zeros, "recurrent_bias": zeros}
    return {
        **made,
        "bias": node.tensor(3, lambda array: ordered(array[way, :width])),
        "recurrent_bias": node.tensor(3, lambda array: ordered(array[way, width:])),
    }


def _activation(node: OnnxNode, kind: str) -> dict[str, str]:
    names = [_text(name).lower() for name in node.get("activations", ())]
    usual = {"lstm": ["sigmoid", "tanh", "tanh"], "gru": ["sigmoid", "tanh"], "simple_rnn": ["tanh"]}[kind]
    count = len(usual)
    if kind == "simple_rnn" and names and set(names) == {"relu"}:
        return {"activation": "relu"}
    if names and any(names[i : i + count] != usual for i in range(0, len(names), count)):
        raise Unknown(f"activations: {', '.join(names)} have no counterpart; only {', '.join(usual)}")
    return {}


def _is_whole(node: OnnxNode) -> bool:
    """Whether all sequences have all steps."""
    return bool(np.all(node.constant(4) == node.shape()[0]))


def _is_read(node: OnnxNode, name: str) -> bool:
    computed = node.reading.computed
    return name == computed.output or any(name in other.input for other in computed.nodes)


def _text(given: Any) -> str:
    return given.decode() if isinstance(given, bytes) else given
