"""Long short-term memory."""

from __future__ import annotations

from dltool.export.onnx.model import Model, Operand
from dltool.export.onnx.ops.recurrence import recurrent_node
from dltool.layouts import ONNX_GATES


def lstm(
    model: Model, x: Operand, weight: Operand, bias: Operand, recurrent: Operand, *initial: Operand
) -> tuple[str, str, str]:
    """LSTM; of the cells only the last ones, as if there were no other step."""
    biases = bias.known, 0 * bias.known
    y, cells = recurrent_node(model, "LSTM", x, weight, biases, recurrent, initial, order=ONNX_GATES["lstm"])
    return y, "", cells
