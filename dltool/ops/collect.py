"""Keeping the outputs of the network for every sample, for the metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Op, Report, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Node, Value


@register("op", "collect")
class Collect(Op):
    """collected (…) = x (…), one row for each sample of the run of steps, in running order."""

    operands = "x -> collected"
    uses_step = True
    reports = Report.OUTPUTS

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (inputs[0].spec,)

    @staticmethod
    def flops(node: Node) -> int:
        return 0
