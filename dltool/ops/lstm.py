"""Long short-term memory (Hochreiter and Schmidhuber 1997; with a forget gate: Gers, Schmidhuber and Cummins 2000).

The products of the inputs are made before, for all steps at once; this op goes from step to step. The gates stand in
the order input, forget, cell, output, as in Keras, PyTorch and MXNet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Op, Spec
from dltool.ops.recurrence import check_initial, check_recurrent, product_flops
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "lstm")
class LSTM(Op):
    """(y (T, H), gates (T, 4 · H), cells (T, H)) of products (T, 4 · H), recurrent (H, 4 · H) [, hidden (H), cell (H)].

    gates = σ, σ, tanh, σ of products + y₋₁ · recurrent; cells = f · cells₋₁ + i · g; y = o · tanh(cells). y₋₁ and
    cells₋₁ of the first step are 0, or hidden and cell.
    """

    operands = "products, recurrent, *initial -> y, gates, cells"
    in_place = True
    sequential = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        products, recurrent, *initial = inputs
        steps, units = check_recurrent(products, recurrent, gates=4)
        check_initial(initial, units, count=2)
        each = Spec((steps, units))
        return each, products.spec, each

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        _, recurrent, *initial = node.inputs
        y, gates, cells = node.outputs
        dproducts = graph.apply("lstm_gradient", gates, dy, cells, recurrent, *initial)
        previous = graph.apply("previous_step", y, *initial[:1])
        drecurrent = graph.apply("matmul_weight_gradient", previous, dproducts)
        return (dproducts, drecurrent, *(None for _ in initial))

    @staticmethod
    def flops(node: Node) -> int:
        return product_flops(node.inputs[0], node.inputs[1]) + 10 * node.inputs[0].spec.size


@register("op", "lstm_gradient")
class LSTMGradient(Op):
    """dproducts (T, 4 · H), the last step first, of gates (T, 4 · H), dy (T, H), cells (T, H) and the weights."""

    operands = "gates, dy, cells, recurrent, *initial -> dproducts"
    in_place = True
    sequential = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (inputs[0].spec,)

    @staticmethod
    def flops(node: Node) -> int:
        return product_flops(node.inputs[0], node.inputs[3]) + 10 * node.inputs[0].spec.size
