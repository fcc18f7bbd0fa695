"""Gated recurrent units (Cho et al. 2014), with the reset gate after the product, as in Keras, PyTorch and MXNet.

The products of the inputs are made before, for all steps at once; this op goes from step to step. The gates stand in
the order reset, update, candidate, as in PyTorch and MXNet; Keras has the update gate first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import ShapeError, Spec
from dltool.ops.recurrence import Recurrent, RecurrentGradient, check_recurrent, recurrent_weight_gradient
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "gru")
class GRU(Recurrent):
    """(y (T, H), gates (T, 3 · H), candidates (T, H)) of products (T, 3 · H), recurrent (H, 3 · H), bias (3 · H).

    sums = y₋₁ · recurrent + bias; r, z = σ of products + sums; n = tanh of products + r · sums; y = n + z · (y₋₁ − n).
    candidates are the sums of n. y₋₁ of the first step is 0, or the initial state (H).
    """

    operands = "products, recurrent, bias, *extras -> y, gates, candidates"

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        products, recurrent, bias, *extras = inputs
        steps, units = check_recurrent(products, recurrent, extras, gates=3, states=1, masked=attributes["masked"])
        if bias.shape != (3 * units,):
            raise ShapeError(f"bias {list(bias.shape)} does not fit {3 * units} sums")
        each = Spec((steps, units))
        return each, products.spec, each

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        _, recurrent, _, *extras = node.inputs
        y, gates, candidates = node.outputs
        dproducts, dsums = graph.apply("gru_gradient", gates, recurrent, dy, candidates, y, *extras, **node.attributes)
        drecurrent = recurrent_weight_gradient(graph, y, dsums, extras, node.attributes["masked"])
        return (dproducts, drecurrent, graph.apply("sum_rows", dsums), *(None for _ in extras))


@register("op", "gru_gradient")
class GRUGradient(RecurrentGradient):
    """(dproducts, dsums), both (T, 3 · H), of gates (T, 3 · H), recurrent (H, 3 · H), dy, candidates and y (T, H)."""

    operands = "gates, recurrent, dy, candidates, y, *extras -> dproducts, dsums"

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return inputs[0].spec, inputs[0].spec
