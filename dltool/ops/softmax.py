"""Softmax over the last axis. Before a cross-entropy it is not needed: that op computes it itself, from logits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dltool.ops.op import Op, ShapeError, Spec
from dltool.ops.shapes import same_shape
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "softmax")
class Softmax(Op):
    """p (…, C) = eˣ / Σ eˣ, the sum over the last axis."""

    operands = "x -> p"
    in_place = True
    operations = 4

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        if not x.shape:
            raise ShapeError("softmax needs an axis of classes, got a single number per sample")
        return (x.spec,)

    @staticmethod
    def gradient(graph: Graph, node: Node, dp: Value) -> tuple[Value | None, ...]:
        (p,) = node.outputs
        return (graph.apply("softmax_gradient", dp, p),)


@register("op", "softmax_gradient")
class SoftmaxGradient(Op):
    """dx (…, C) = p · (dp − Σ dp · p), the sum over the last axis."""

    operands = "dp, p -> dx"
    operations = 4
    shape = staticmethod(same_shape)
