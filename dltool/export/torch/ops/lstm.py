"""Long short-term memory."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module
from dltool.export.torch.ops.recurrence import recurrent_layer


def lstm(module: Module, x: Operand, weight: Operand, bias: Operand, recurrent: Operand) -> Variable:
    """LSTM, whose gates are in the same order."""
    return recurrent_layer(module, "LSTM", x, weight, bias, recurrent, 0 * bias.known)
