"""Cross-entropy of logits and integer labels, with label smoothing and class weights.

The softmax is part of the op, which makes it exact where a probability underflows. Class weights come as one more
input, weights (C,). What a batch's losses are divided by is not the op's: it is the step's scale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, ShapeError, Spec
from dltool.ops.shapes import check_channels
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value

LABELS = Spec((), dtype="int64")


@register("op", "cross_entropy")
class CrossEntropy(Op):
    """(row_loss (), probabilities (C,)) of logits (C,), labels () [, weights (C,)]: −Σ q · w · log p.

    The target distribution q is 1 − smoothing at the label, plus smoothing / C everywhere. The weight w is that of the
    label, or with `each_class` 1 that of each class for its own term.
    """

    operands = "logits, labels, *weights -> row_loss, probabilities"
    attributes: ClassVar = {"smoothing": 0.0, "each_class": 0}
    operations = 5

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_labeled(*inputs)
        return Spec(()), inputs[0].spec

    @staticmethod
    def gradient(graph: Graph, node: Node) -> tuple[Value | None, ...]:
        _, *others = node.inputs
        _, probabilities = node.outputs
        dlogits = graph.apply("cross_entropy_gradient", probabilities, *others, **node.attributes)
        return (dlogits, *(None for _ in others))


@register("op", "cross_entropy_gradient")
class CrossEntropyGradient(Op):
    """dlogits (C,) of the batch's mean loss, from probabilities (C,) and the other inputs of the loss."""

    operands = "probabilities, labels, *weights -> dlogits"
    attributes: ClassVar = {"smoothing": 0.0, "each_class": 0}
    uses_step = True
    in_place = True
    operations = 2

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_labeled(*inputs)
        return (inputs[0].spec,)


def check_labeled(scores: Value, labels: Value, weights: Value | None = None) -> None:
    """Raises ShapeError where the inputs of a cross-entropy do not fit."""
    if len(scores.shape) != 1:
        raise ShapeError(f"cross_entropy takes one number per class, got {list(scores.shape)}; flatten it first")
    if labels.spec != LABELS:
        raise ShapeError(
            f"cross_entropy takes one integer label per sample, got {labels.spec.dtype} {list(labels.shape)}"
        )
    if weights is not None:
        check_channels(scores, class_weights=weights)
