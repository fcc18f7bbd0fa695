"""The pinball loss of quantiles, and its gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Op, Spec
from dltool.ops.shapes import check_channels, check_prediction
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "pinball")
class Pinball(Op):
    """row_loss () of prediction (k,), targets (k,) and levels (k,): the mean of max(q · e, (q − 1) · e), e = t − p."""

    operands = "prediction, targets, levels -> row_loss"
    operations = 4

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        _check(*inputs)
        return (Spec(()),)

    @staticmethod
    def gradient(graph: Graph, node: Node) -> tuple[Value | None, ...]:
        return graph.apply("pinball_gradient", *node.inputs), None, None


@register("op", "pinball_gradient")
class PinballGradient(Op):
    """dprediction (k,) of the batch's mean loss: −q where e > 0, 1 − q where e < 0, / k · scale."""

    operands = "prediction, targets, levels -> dx"
    uses_step = True
    in_place = True
    operations = 3

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        _check(*inputs)
        return (inputs[0].spec,)


def _check(prediction: Value, targets: Value, levels: Value) -> None:
    check_prediction(prediction, targets)
    check_channels(prediction, levels=levels)
