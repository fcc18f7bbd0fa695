"""Adding up a gradient over the micro-batches of an update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Cut, Op, Spec
from dltool.ops.shapes import check_alike
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Node, Value


@register("op", "accumulate")
class Accumulate(Op):
    """total = gradient in the first micro-batch of an update, else total + gradient; of gradient and total."""

    operands = "g, total"
    cut = Cut.PARAMETER
    updates = (1,)
    uses_step = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_alike(*inputs)
        return ()

    @staticmethod
    def flops(node: Node) -> int:
        return node.inputs[0].spec.size
