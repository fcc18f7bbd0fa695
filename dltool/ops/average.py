"""Averaged weights: an exponential moving average that follows a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Cut, Op, Spec
from dltool.ops.shapes import check_alike
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Node, Value


@register("op", "average")
class Average(Op):
    """e = decay · e + (1 − decay) · w, of w and e; after the first update e = w, as in PyTorch and Keras."""

    operands = "w, e"
    cut = Cut.PARAMETER
    attributes: ClassVar = {"decay": 0.999}
    updates = (1,)
    uses_step = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_alike(*inputs)
        return ()

    @staticmethod
    def flops(node: Node) -> int:
        return 3 * node.inputs[0].spec.size
