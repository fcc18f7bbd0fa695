"""Scaled dot-product attention of several heads, without a matrix of steps by steps in memory (Dao et al. 2022)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.masking import LENGTHS
from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value

ATTRIBUTES = {"heads": 1, "groups": 1, "causal": 0, "scale": 1.0, "rate": 0.0, "stream": 0, "key": 0, "rounded": 0}


@register("op", "attention")
class Attention(Op):
    """y (T, heads · D) = softmax(scale · q · kᵀ) · v, head by head, of qkv (T, (heads + 2 · groups) · D).

    There the queries of all heads come first, then the keys and then the values of all groups. Heads that follow each
    other share a group, equally many of them each (Ainslie et al. 2023). `causal` 1: a step sees itself and the steps
    before. With lengths (), no step sees those behind. logsums (T, heads) are ln Σ e of the scaled products. With a
    `rate`, weights are dropped as elements are by `dropout`, whose `stream` and `key` these are. With `rounded` 1,
    weights are rounded to bfloat16 before they are multiplied, and so are slopes in the gradient.
    """

    operands = "qkv, *lengths -> y, logsums"
    rounds = slice(1)
    attributes: ClassVar = ATTRIBUTES
    uses_step = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        qkv, *lengths = inputs
        heads, groups = attributes["heads"], attributes["groups"]
        if len(qkv.shape) != 2 or qkv.shape[1] % (heads + 2 * groups) or heads % groups:
            raise ShapeError(f"{heads} heads and {groups} groups do not fit {list(qkv.shape)}")
        if any(value.spec != LENGTHS for value in lengths):
            raise ShapeError(f"lengths are one integer per sample, got {lengths}")
        steps, channels = qkv.shape
        return Spec((steps, channels // (heads + 2 * groups) * heads)), Spec((steps, heads))

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        qkv, *lengths = node.inputs
        dqkv = graph.apply("attention_gradient", dy, qkv, *node.outputs, *lengths, **node.attributes)
        return (dqkv, *(None for _ in lengths))

    @staticmethod
    def flops(node: Node) -> int:
        return _products(node.outputs[0], node.attributes["causal"], number=2)


@register("op", "attention_gradient")
class AttentionGradient(Op):
    """dqkv (T, (heads + 2 · groups) · D) of dy and y (T, heads · D), the inputs and logsums (T, heads)."""

    operands = "dy, qkv, y, logsums, *lengths -> dqkv"
    rounds = slice(2)
    attributes: ClassVar = ATTRIBUTES
    uses_step = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (inputs[1].spec,)

    @staticmethod
    def flops(node: Node) -> int:
        return _products(node.inputs[0], node.attributes["causal"], number=5)


@register("op", "cached_attention")
class CachedAttention(Op):
    """y (1, heads · D): attention of one step to itself and the steps before, whose keys and values are remembered.

    The keys and values of qkv (1, (heads + 2 · groups) · D) become those of the step's position in keys and values
    (samples, context, groups · D), of which those up to there are seen.
    """

    operands = "qkv, keys, values -> y"
    rounds = slice(1)
    attributes: ClassVar = {"heads": 1, "groups": 1, "scale": 1.0, "context": 1, "rounded": 0}
    updates = (1, 2)
    uses_step = True

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        return cls, {**cls.attributes, **attributes, "context": inputs[1].shape[1]}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        qkv, keys, values = inputs
        heads, groups = attributes["heads"], attributes["groups"]
        width = keys.shape[-1] // groups
        fits = len(keys.shape) == 3 and keys.spec == values.spec and not keys.spec.batched
        if qkv.shape != (1, (heads + 2 * groups) * width) or not fits:
            raise ShapeError(f"{heads} heads and {groups} groups do not fit {list(qkv.shape)} and {list(keys.shape)}")
        return (Spec((1, heads * width)),)

    @staticmethod
    def flops(node: Node) -> int:
        return 4 * node.attributes["context"] * node.outputs[0].spec.size


def _products(y: Value, causal: int, number: int) -> int:
    """Multiplications and additions of products of all steps with all steps, or with half of them."""
    steps, channels = y.shape
    return 2 * number * steps * channels * ((steps + 1) // 2 if causal else steps)
