"""Gated recurrent units (Cho et al. 2014), with the reset gate after the product, as in Keras, PyTorch and MXNet.

The products of the inputs are made before, for all steps at once; this op goes from step to step. The gates stand in
the order reset, update, candidate, as in PyTorch and MXNet; Keras has the update gate first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Op, ShapeError, Spec
from dltool.ops.recurrence import check_initial, check_recurrent, product_flops
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "gru")
class GRU(Op):
    """(y (T, H), gates (T, 3 · H), candidates (T, H)) of products (T, 3 · H), recurrent (H, 3 · H), bias (3 · H).

    sums = y₋₁ · recurrent + bias; r, z = σ of products + sums; n = tanh of products + r · sums; y = n + z · (y₋₁ − n).
    candidates are the sums of n. y₋₁ of the first step is 0, or the initial state (H).
    """

    operands = "products, recurrent, bias, *initial -> y, gates, candidates"
    in_place = True
    sequential = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        products, recurrent, bias, *initial = inputs
        steps, units = check_recurrent(products, recurrent, gates=3)
        check_initial(initial, units, count=1)
        if bias.shape != (3 * units,):
            raise ShapeError(f"bias {list(bias.shape)} does not fit {3 * units} sums")
        each = Spec((steps, units))
        return each, products.spec, each

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        _, recurrent, _, *initial = node.inputs
        y, gates, candidates = node.outputs
        dproducts, dsums = graph.apply("gru_gradient", gates, dy, candidates, y, recurrent, *initial)
        previous = graph.apply("previous_step", y, *initial)
        drecurrent = graph.apply("matmul_weight_gradient", previous, dsums)
        return (dproducts, drecurrent, graph.apply("sum_rows", dsums), *(None for _ in initial))

    @staticmethod
    def flops(node: Node) -> int:
        return product_flops(node.inputs[0], node.inputs[1]) + 10 * node.inputs[0].spec.size


@register("op", "gru_gradient")
class GRUGradient(Op):
    """(dproducts, dsums), both (T, 3 · H), of gates (T, 3 · H), dy, candidates, y (T, H) and recurrent (H, 3 · H)."""

    operands = "gates, dy, candidates, y, recurrent, *initial -> dproducts, dsums"
    in_place = True
    sequential = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return inputs[0].spec, inputs[0].spec

    @staticmethod
    def flops(node: Node) -> int:
        return product_flops(node.inputs[0], node.inputs[4]) + 10 * node.inputs[0].spec.size
