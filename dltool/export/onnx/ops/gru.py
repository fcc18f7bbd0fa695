"""Gated recurrent units."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand
from dltool.export.onnx.ops.recurrence import recurrent_node
from dltool.layouts import ONNX_GATES


def gru(
    model: Model,
    x: Operand,
    weight: Operand,
    bias: Operand,
    recurrent: Operand,
    recurrent_bias: Operand,
    *initial: Operand,
) -> str:
    """GRU, with the reset gate after the product."""
    biases = bias.known, recurrent_bias.known
    return recurrent_node(
        model, "GRU", x, weight, biases, recurrent, initial, order=ONNX_GATES["gru"], linear_before_reset=1
    )[0]
