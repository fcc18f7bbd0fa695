"""Cross-entropy at every position of a sequence, as language models are trained; some positions may not count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "token_cross_entropy")
class TokenCrossEntropy(Op):
    """row_loss () = −Σ q · log p over positions and probabilities (T, C), of logits (T, C) and labels (T) int32.

    The target distribution q is 1 − smoothing at the label, plus smoothing / C everywhere. Positions whose label is
    not in [0, C) do not count. scores (3,): Σ −log p at the labels, how many positions count, and at how many of these
    no logit exceeds that of the label.
    """

    operands = "logits, labels -> row_loss, probabilities, scores"
    attributes: ClassVar = {"smoothing": 0.0}
    in_place = True
    operations = 5

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return Spec(()), _labeled(*inputs), Spec((3,))

    @staticmethod
    def gradient(graph: Graph, node: Node) -> tuple[Value | None, ...]:
        labels, probabilities = node.inputs[1], node.outputs[1]
        return graph.apply("token_cross_entropy_gradient", probabilities, labels, **node.attributes), None


@register("op", "token_cross_entropy_gradient")
class TokenCrossEntropyGradient(Op):
    """dlogits (T, C) of the batch's mean loss, from probabilities (T, C) and labels (T)."""

    operands = "probabilities, labels -> dlogits"
    attributes: ClassVar = {"smoothing": 0.0}
    uses_step = True
    in_place = True
    operations = 2

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (_labeled(*inputs),)


def _labeled(scores: Value, labels: Value) -> Spec:
    if len(scores.shape) != 2 or labels.shape != scores.shape[:1] or labels.spec.dtype != "int32":
        raise ShapeError(
            "one integer for each position is needed, "
            f"got {labels.spec.dtype} {list(labels.shape)} for scores {list(scores.shape)}"
        )
    return scores.spec
