"""Gated recurrent units."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module
from dltool.export.torch.ops.recurrence import recurrent_layer


def gru(
    module: Module, x: Operand, weight: Operand, bias: Operand, recurrent: Operand, recurrent_bias: Operand
) -> Variable:
    """GRU, whose gates are in the same order."""
    return recurrent_layer(module, "GRU", x, weight, bias, recurrent, recurrent_bias.known)
