"""Recurrent layers whose weights come as words of two numbers in bfloat16: lowered from those of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.gru import GRU, GRUGradient
from dltool.ops.lstm import LSTM, LSTMGradient
from dltool.ops.op import Spec
from dltool.ops.simple_rnn import SimpleRNN, SimpleRNNGradient
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Node, Value


def _states(products: Value, gates: int) -> Spec:
    return Spec((products.shape[0], products.shape[1] // gates))


def _flops(node: Node) -> int:
    """Two for each number of a word, and those of the gates."""
    products, recurrent, *_ = node.inputs
    return 4 * products.shape[0] * recurrent.spec.size + 10 * products.spec.size


@register("op", "bfloat16_lstm")
class Bfloat16LSTM(LSTM):
    """As `lstm`, of words (H/2, 4 · H)."""

    flops = staticmethod(_flops)

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        each = _states(inputs[0], 4)
        return each, inputs[0].spec, each


@register("op", "bfloat16_lstm_gradient")
class Bfloat16LSTMGradient(LSTMGradient):
    """As `lstm_gradient`, of words (4 · H/2, H)."""

    flops = staticmethod(_flops)


@register("op", "bfloat16_gru")
class Bfloat16GRU(GRU):
    """As `gru`, of words (H/2, 3 · H)."""

    flops = staticmethod(_flops)

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        each = _states(inputs[0], 3)
        return each, inputs[0].spec, each


@register("op", "bfloat16_gru_gradient")
class Bfloat16GRUGradient(GRUGradient):
    """As `gru_gradient`, of words (3 · H/2, H)."""

    flops = staticmethod(_flops)


@register("op", "bfloat16_simple_rnn")
class Bfloat16SimpleRNN(SimpleRNN):
    """As `simple_rnn`, of words (H/2, H)."""

    flops = staticmethod(_flops)

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (inputs[0].spec,)


@register("op", "bfloat16_simple_rnn_gradient")
class Bfloat16SimpleRNNGradient(SimpleRNNGradient):
    """As `simple_rnn_gradient`, of words (H/2, H)."""

    flops = staticmethod(_flops)
