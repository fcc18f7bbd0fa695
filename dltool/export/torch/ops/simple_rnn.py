"""The simple recurrent network."""

from __future__ import annotations

from dltool.export.program import Operand, Variable
from dltool.export.torch.module import Module
from dltool.export.torch.ops.recurrence import recurrent_layer


def simple_rnn(
    module: Module, x: Operand, weight: Operand, bias: Operand, recurrent: Operand, *, relu: int
) -> Variable:
    """RNN."""
    more = 'nonlinearity="relu", ' if relu else ""
    return recurrent_layer(module, "RNN", x, weight, bias, recurrent, 0 * bias.known, more)
