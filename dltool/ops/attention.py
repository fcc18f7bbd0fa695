"""Scaled dot-product attention of several heads, without a matrix of steps by steps in memory (Dao et al. 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.masking import LENGTHS
from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value

ATTRIBUTES = {"heads": 1, "groups": 1, "causal": 0, "scale": 1.0}


@register("op", "attention")
class Attention(Op):
    """y (T, heads · D) = softmax(scale · q · kᵀ) · v of q (T, heads · D), k and v (T, groups · D), head by head.

    As many heads one after the other share keys and values as there are heads to a group (Ainslie et al. 2023).
    `causal` 1: a step sees itself and the steps before. With lengths (), no step sees those behind. logsums (T, heads)
    are ln Σ e of the scaled products.
    """

    operands = "q, k, v, *lengths -> y, logsums"
    attributes: ClassVar = ATTRIBUTES

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        q, k, v, *lengths = inputs
        heads, groups = attributes["heads"], attributes["groups"]
        fits = len(q.shape) == 2 and q.shape[1] % heads == 0 and heads % groups == 0
        if not fits or k.spec != v.spec or k.shape != (q.shape[0], q.shape[1] // heads * groups):
            raise ShapeError(
                f"{heads} heads of {groups} groups do not fit queries {list(q.shape)}, keys {list(k.shape)} and values "
                f"{list(v.shape)}"
            )
        if any(value.spec != LENGTHS for value in lengths):
            raise ShapeError(f"lengths are one integer per sample, got {lengths}")
        return q.spec, Spec((q.shape[0], heads))

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        q, k, v, *lengths = node.inputs
        y, logsums = node.outputs
        slopes = graph.apply("attention_gradient", dy, q, k, v, y, logsums, *lengths, **node.attributes)
        return (*slopes, *(None for _ in lengths))

    @staticmethod
    def flops(node: Node) -> int:
        return products_of(node.inputs[0], node.attributes["causal"], products=2)


@register("op", "attention_gradient")
class AttentionGradient(Op):
    """(dq, dk, dv) of dy and y (T, heads · D), the inputs of the attention, and logsums (T, heads)."""

    operands = "dy, q, k, v, y, logsums, *lengths -> dq, dk, dv"
    attributes: ClassVar = ATTRIBUTES

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return tuple(value.spec for value in inputs[1:4])

    @staticmethod
    def flops(node: Node) -> int:
        return products_of(node.inputs[0], node.attributes["causal"], products=5)


def products_of(q: Value, causal: int, products: int) -> int:
    """Multiplications and additions of products of all steps with all steps, or half of them."""
    steps, channels = q.shape
    return 2 * products * steps * channels * (steps + 1) // 2 if causal else 2 * products * steps * channels * steps
