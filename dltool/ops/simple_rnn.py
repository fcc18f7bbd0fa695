"""The simple recurrent network (Elman 1990)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, Spec
from dltool.ops.recurrence import check_initial, check_recurrent, product_flops
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "simple_rnn")
class SimpleRNN(Op):
    """y (T, H) = tanh, or with `relu` 1 the positive part, of products (T, H) + y₋₁ · recurrent (H, H).

    y₋₁ of the first step is 0, or the initial state (H).
    """

    operands = "products, recurrent, *initial -> y"
    attributes: ClassVar = {"relu": 0}
    in_place = True
    sequential = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        products, recurrent, *initial = inputs
        _, units = check_recurrent(products, recurrent, gates=1)
        check_initial(initial, units, count=1)
        return (products.spec,)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        _, recurrent, *initial = node.inputs
        (y,) = node.outputs
        dproducts = graph.apply("simple_rnn_gradient", dy, y, recurrent, **node.attributes)
        previous = graph.apply("previous_step", y, *initial)
        drecurrent = graph.apply("matmul_weight_gradient", previous, dproducts)
        return (dproducts, drecurrent, *(None for _ in initial))

    @staticmethod
    def flops(node: Node) -> int:
        return product_flops(node.inputs[0], node.inputs[1]) + 10 * node.inputs[0].spec.size


@register("op", "simple_rnn_gradient")
class SimpleRNNGradient(Op):
    """dproducts (T, H), the last step first, of dy (T, H), y (T, H) and recurrent (H, H)."""

    operands = "dy, y, recurrent -> dproducts"
    attributes: ClassVar = {"relu": 0}
    in_place = True
    sequential = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (inputs[0].spec,)

    @staticmethod
    def flops(node: Node) -> int:
        return product_flops(node.inputs[0], node.inputs[2]) + 5 * node.inputs[0].spec.size
