"""Adding a vector to every row, with the sum over rows that is its gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Cut, Op, Spec
from dltool.ops.shapes import check_channels
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "add_bias")
class AddBias(Op):
    """y (…, C) = x (…, C) + b (C,)."""

    operands = "x, b -> y"
    linear = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, b = inputs
        check_channels(x, bias=b)
        return (x.spec,)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return dy, graph.apply("sum_rows", dy)


@register("op", "sum_rows")
class SumRows(Op):
    """db (C,) = Σ over rows of dy (…, C)."""

    operands = "dy -> db"
    cut = Cut.PARAMETER
    operations = 1

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (dy,) = inputs
        return (Spec(dy.shape[-1:], batched=False),)
