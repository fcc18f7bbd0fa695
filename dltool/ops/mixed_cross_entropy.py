"""Cross-entropy of samples that are mixed of two: share · that of the one's label + (1 − share) · that of the other's.

Inputs are those of `cross_entropy`, with others () int64 and share (1,) behind the labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.cross_entropy import LABELS, check_labeled
from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "mixed_cross_entropy")
class MixedCrossEntropy(Op):
    """(row_loss (), probabilities (C,)) of logits (C,), labels, others (), share (1,) [, weights (C,)]."""

    operands = "logits, labels, others, share, *weights -> row_loss, probabilities"
    attributes: ClassVar = {"smoothing": 0.0, "each_class": 0}
    operations = 5

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        _check(*inputs)
        return Spec(()), inputs[0].spec

    @staticmethod
    def gradient(graph: Graph, node: Node) -> tuple[Value | None, ...]:
        _, *others = node.inputs
        _, probabilities = node.outputs
        dlogits = graph.apply("mixed_cross_entropy_gradient", probabilities, *others, **node.attributes)
        return (dlogits, *(None for _ in others))


@register("op", "mixed_cross_entropy_gradient")
class MixedCrossEntropyGradient(Op):
    """dlogits (C,) of the batch's mean loss, from probabilities (C,) and the other inputs of the loss."""

    operands = "probabilities, labels, others, share, *weights -> dlogits"
    attributes: ClassVar = {"smoothing": 0.0, "each_class": 0}
    uses_step = True
    in_place = True
    operations = 2

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        _check(*inputs)
        return (inputs[0].spec,)


def _check(scores: Value, labels: Value, others: Value, share: Value, *weights: Value) -> None:
    check_labeled(scores, labels, *weights)
    if others.spec != LABELS or share.spec != Spec((1,)):
        raise ShapeError(f"other labels {list(others.shape)} and their share {list(share.shape)} do not fit")
