"""The simple recurrent network."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand
from dltool.export.onnx.ops.recurrence import recurrent_node


def simple_rnn(
    model: Model, x: Operand, weight: Operand, bias: Operand, recurrent: Operand, *initial: Operand, relu: int
) -> str:
    """RNN."""
    biases = bias.known, 0 * bias.known
    activations = ["Relu" if relu else "Tanh"]
    return recurrent_node(model, "RNN", x, weight, biases, recurrent, initial, activations=activations)[0]
