"""Binary cross-entropy of logits and targets in [0, 1], one or several independent ones per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Op, Spec
from dltool.ops.shapes import check_prediction
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "binary_cross_entropy")
class BinaryCrossEntropy(Op):
    """(row_loss (), probabilities (k,)) of logits (k,) and targets (k,); the loss is the mean over the k."""

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_prediction(*inputs)
        return Spec(()), inputs[0].spec

    @staticmethod
    def gradient(graph: Graph, node: Node, *output_gradients: Value | None) -> tuple[Value | None, ...]:
        _, targets = node.inputs
        _, probabilities = node.outputs
        return graph.apply("binary_cross_entropy_gradient", probabilities, targets), None

    @staticmethod
    def flops(node: Node) -> int:
        return 8 * node.inputs[0].spec.size


@register("op", "binary_cross_entropy_gradient")
class BinaryCrossEntropyGradient(Op):
    """dlogits (k,) of the batch's mean loss, from probabilities (k,) and targets (k,)."""

    uses_step = True
    in_place = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_prediction(*inputs)
        return (inputs[0].spec,)

    @staticmethod
    def flops(node: Node) -> int:
        return 2 * node.inputs[0].spec.size
