"""Long short-term memory (Hochreiter and Schmidhuber 1997; with a forget gate: Gers, Schmidhuber and Cummins 2000).

The products of the inputs are made before, for all steps at once; this op goes from step to step. The gates stand in
the order input, forget, cell, output, as in Keras, PyTorch and MXNet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Spec
from dltool.ops.recurrence import Recurrent, RecurrentGradient, check_recurrent, recurrent_weight_gradient
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "lstm")
class LSTM(Recurrent):
    """(y (T, H), gates (T, 4 · H), cells (T, H)) of products (T, 4 · H), recurrent (H, 4 · H); states: hidden, cell.

    gates = σ, σ, tanh, σ of products + y₋₁ · recurrent; cells = f · cells₋₁ + i · g; y = o · tanh(cells). y₋₁ and
    cells₋₁ of the first step are 0, or hidden and cell.
    """

    operands = "products, recurrent, *extras -> y, gates, cells"

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        products, recurrent, *extras = inputs
        each = Spec(check_recurrent(products, recurrent, extras, gates=4, states=2, masked=attributes["masked"]))
        return each, products.spec, each

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        _, recurrent, *extras = node.inputs
        y, gates, cells = node.outputs
        dproducts = graph.apply("lstm_gradient", gates, recurrent, dy, cells, *extras, **node.attributes)
        drecurrent = recurrent_weight_gradient(graph, y, dproducts, extras, node.attributes["masked"])
        return (dproducts, drecurrent, *(None for _ in extras))


@register("op", "lstm_gradient")
class LSTMGradient(RecurrentGradient):
    """dproducts (T, 4 · H) of gates (T, 4 · H), recurrent (H, 4 · H), dy and cells (T, H)."""

    operands = "gates, recurrent, dy, cells, *extras -> dproducts"
