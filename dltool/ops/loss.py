"""Regression losses, a mean over the k numbers of each sample of a function of prediction − target; and the batch's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Cut, Op, Report, ShapeError, Spec
from dltool.ops.shapes import check_prediction
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


class Loss(Op):
    """row_loss () of prediction (k,) and targets (k,)."""

    operations = 3

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_prediction(*inputs)
        return (Spec(()),)

    @staticmethod
    def gradient(graph: Graph, node: Node) -> tuple[Value | None, ...]:
        return graph.apply(f"{node.op.yaml_name}_gradient", *node.inputs, **node.attributes), None


class LossGradient(Op):
    """dprediction (k,) of the batch's mean loss, from prediction (k,) and targets (k,)."""

    uses_step = True
    in_place = True
    operations = 2

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_prediction(*inputs)
        return (inputs[0].spec,)


@register("op", "mse")
class MeanSquaredError(Loss):
    """Mean of e², e = prediction − target."""

    operands = "prediction, targets -> row_loss"


@register("op", "mse_gradient")
class MeanSquaredErrorGradient(LossGradient):
    """2 · e / k · scale."""

    operands = "prediction, targets -> dx"


@register("op", "mae")
class MeanAbsoluteError(Loss):
    """Mean of |e|, e = prediction − target."""

    operands = "prediction, targets -> row_loss"


@register("op", "mae_gradient")
class MeanAbsoluteErrorGradient(LossGradient):
    """sign(e) / k · scale."""

    operands = "prediction, targets -> dx"


@register("op", "huber")
class Huber(Loss):
    """Mean of e² / 2 where |e| ≤ delta, else delta · (|e| − delta / 2); e = prediction − target."""

    operands = "prediction, targets -> row_loss"
    attributes: ClassVar = {"delta": 1.0}


@register("op", "huber_gradient")
class HuberGradient(LossGradient):
    """e, limited to ±delta, / k · scale."""

    operands = "prediction, targets -> dx"
    attributes: ClassVar = {"delta": 1.0}


@register("op", "mean_loss")
class MeanLoss(Op):
    """loss () = Σ row_loss () · scale: the batch's share of the mean over the update; in an evaluation, the sum.

    With weights (1,) of samples, each loss counts so often.
    """

    operands = "row_loss, *weights -> loss"
    cut = Cut.ONCE
    uses_step = True
    reports = Report.LOSS

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        row_loss, *weights = inputs
        if row_loss.spec != Spec(()):
            raise ShapeError(f"row_loss is one number per sample, got {list(row_loss.shape)}")
        if any(weight.spec != Spec((1,)) for weight in weights):
            raise ShapeError(f"sample weights are one number per sample, got {list(weights[0].shape)}")
        return (Spec((), batched=False),)
