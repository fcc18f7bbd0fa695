"""The simple recurrent network (Elman 1990)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Spec
from dltool.ops.recurrence import Recurrent, RecurrentGradient, check_recurrent, recurrent_weight_gradient
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "simple_rnn")
class SimpleRNN(Recurrent):
    """y (T, H) = tanh, or with `relu` 1 the positive part, of products (T, H) + y₋₁ · recurrent (H, H).

    y₋₁ of the first step is 0, or the initial state (H).
    """

    operands = "products, recurrent, *extras -> y"
    attributes: ClassVar = {"relu": 0, "masked": 0, "rounded": 0}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        products, recurrent, *extras = inputs
        check_recurrent(products, recurrent, extras, gates=1, states=1, masked=attributes["masked"])
        return (products.spec,)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        _, recurrent, *extras = node.inputs
        (y,) = node.outputs
        dproducts = graph.apply("simple_rnn_gradient", dy, recurrent, y, *extras, **node.attributes)
        drecurrent = recurrent_weight_gradient(graph, y, dproducts, extras, node.attributes["masked"])
        return (dproducts, drecurrent, *(None for _ in extras))


@register("op", "simple_rnn_gradient")
class SimpleRNNGradient(RecurrentGradient):
    """dproducts (T, H) of dy (T, H), recurrent (H, H) and y (T, H)."""

    operands = "dy, recurrent, y, *extras -> dproducts"
    attributes: ClassVar = {"relu": 0, "masked": 0, "rounded": 0}
