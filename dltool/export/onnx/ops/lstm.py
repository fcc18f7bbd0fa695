"""Long short-term memory."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand
from dltool.export.onnx.ops.recurrence import recurrent_node

#: ONNX's gates, input, output, forget and cell, by their numbers among input, forget, cell and output
GATES = (0, 3, 1, 2)


def lstm(
    model: Model, x: Operand, weight: Operand, bias: Operand, recurrent: Operand, *initial: Operand
) -> tuple[str, str, str]:
    """LSTM; of the cells only the last ones, as if there were no other step."""
    biases = bias.known, 0 * bias.known
    y, cells = recurrent_node(model, "LSTM", x, weight, biases, recurrent, initial, order=GATES)
    return y, "", cells
