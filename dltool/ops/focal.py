"""Cross-entropies in which samples, or labels of a sample, that are easy already count less.

As in `ops/cross_entropy.py` and `ops/binary_cross_entropy.py`, the softmax or sigmoid is part of the op, and weights
are one more input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.binary_cross_entropy import check_labels
from dltool.ops.cross_entropy import check_labeled
from dltool.ops.op import Op, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "focal")
class Focal(Op):
    """(row_loss (), probabilities (C,)) of logits (C,), labels () [, weights (C,)]: −w · (1 − p)^gamma · log p.

    p is the probability of the label, and w the weight of the label (Lin et al. 2017).
    """

    operands = "logits, labels, *weights -> row_loss, probabilities"
    attributes: ClassVar = {"gamma": 2.0}
    operations = 5

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_labeled(*inputs)
        return Spec(()), inputs[0].spec

    @staticmethod
    def gradient(graph: Graph, node: Node) -> tuple[Value | None, ...]:
        _, *others = node.inputs
        _, probabilities = node.outputs
        dlogits = graph.apply("focal_gradient", probabilities, *others, **node.attributes)
        return (dlogits, *(None for _ in others))


@register("op", "focal_gradient")
class FocalGradient(Op):
    """dlogits (C,) of the batch's mean loss, from probabilities (C,) and the other inputs of the loss."""

    operands = "probabilities, labels, *weights -> dlogits"
    attributes: ClassVar = {"gamma": 2.0}
    uses_step = True
    in_place = True
    operations = 3

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_labeled(*inputs)
        return (inputs[0].spec,)


@register("op", "binary_focal")
class BinaryFocal(Op):
    """(row_loss (), probabilities (k,)) of logits, targets (k,) [, weights (k,)]: mean of −w · (1 − p)^gamma · log p.

    p is the probability of what the target says, 0 or 1; w is that of the label where the target is 1, else 1.
    """

    operands = "logits, targets, *weights -> row_loss, probabilities"
    attributes: ClassVar = {"gamma": 2.0}
    operations = 12

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_labels(*inputs)
        return Spec(()), inputs[0].spec

    @staticmethod
    def gradient(graph: Graph, node: Node) -> tuple[Value | None, ...]:
        _, *others = node.inputs
        _, probabilities = node.outputs
        dlogits = graph.apply("binary_focal_gradient", probabilities, *others, **node.attributes)
        return (dlogits, *(None for _ in others))


@register("op", "binary_focal_gradient")
class BinaryFocalGradient(Op):
    """dlogits (k,) of the batch's mean loss, from probabilities (k,) and the other inputs of the loss."""

    operands = "probabilities, targets, *weights -> dlogits"
    attributes: ClassVar = {"gamma": 2.0}
    uses_step = True
    in_place = True
    operations = 6

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        check_labels(*inputs)
        return (inputs[0].spec,)
