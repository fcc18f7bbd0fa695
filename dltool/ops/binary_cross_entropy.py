"""Binary cross-entropy of logits and targets in [0, 1], one or several independent ones per sample.

Weights come as one more input (k,): each target's share of the loss where it is 1 is multiplied by its weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Op, Spec
from dltool.ops.shapes import check_channels, check_prediction
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "binary_cross_entropy")
class BinaryCrossEntropy(Op):
    """(row_loss (), probabilities (k,)) of logits, targets (k,) [, weights (k,)]; the loss is the mean over the k."""

    operands = "logits, targets, *weights -> row_loss, probabilities"
    operations = 8

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_labels(*inputs)
        return Spec(()), inputs[0].spec

    @staticmethod
    def gradient(graph: Graph, node: Node) -> tuple[Value | None, ...]:
        _, *others = node.inputs
        _, probabilities = node.outputs
        return (graph.apply("binary_cross_entropy_gradient", probabilities, *others), *(None for _ in others))


@register("op", "binary_cross_entropy_gradient")
class BinaryCrossEntropyGradient(Op):
    """dlogits (k,) of the batch's mean loss, from probabilities (k,) and the other inputs of the loss."""

    operands = "probabilities, targets, *weights -> dlogits"
    uses_step = True
    in_place = True
    operations = 2

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_labels(*inputs)
        return (inputs[0].spec,)


def check_labels(prediction: Value, targets: Value, weights: Value | None = None) -> None:
    """Raises ShapeError where the inputs of a binary cross-entropy do not fit."""
    check_prediction(prediction, targets)
    if weights is not None:
        check_channels(prediction, positive_weight=weights)
