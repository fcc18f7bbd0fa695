"""Joining branches: sum, product, concatenation, and taking a concatenation apart again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, ShapeError, Spec
from dltool.ops.shapes import same_shape
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "add")
class Add(Op):
    """y = a + b."""

    operands = "a, b -> y"
    commutative = True
    elementwise = True
    shape = staticmethod(same_shape)

    @staticmethod
    def gradient(graph: Graph, node: Node, *output_gradients: Value | None) -> tuple[Value | None, ...]:
        (dy,) = output_gradients
        return dy, dy


@register("op", "multiply")
class Multiply(Op):
    """y = a · b, element by element; the backward of dropout."""

    operands = "a, b -> y"
    commutative = True
    elementwise = True
    shape = staticmethod(same_shape)


@register("op", "concat")
class Concat(Op):
    """y (…, Σ Cᵢ) = the inputs (…, Cᵢ) side by side on the last axis."""

    operands = "*inputs -> y"

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        first = inputs[0].spec
        for other in inputs:
            if not other.shape or replace(other.spec, shape=(*other.shape[:-1], first.shape[-1])) != first:
                raise ShapeError(f"cannot join {list(first.shape)} and {list(other.shape)} on the last axis")
        channels = sum(value.shape[-1] for value in inputs)
        return (replace(first, shape=(*first.shape[:-1], channels)),)

    @staticmethod
    def gradient(graph: Graph, node: Node, *output_gradients: Value | None) -> tuple[Value | None, ...]:
        (dy,) = output_gradients
        assert dy is not None
        gradients: list[Value | None] = []
        start = 0
        for value in node.inputs:
            size = value.shape[-1]
            gradients.append(graph.apply("take", dy, start=start, size=size) if value.needs_gradient else None)
            start += size
        return tuple(gradients)

    @staticmethod
    def flops(node: Node) -> int:
        return 0


@register("op", "take")
class Take(Op):
    """dx (…, size) = dy[…, start : start + size]."""

    operands = "dy -> dx"
    attributes: ClassVar = {"start": 0, "size": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (dy,) = inputs
        start, size = attributes["start"], attributes["size"]
        if not 0 <= start < start + size <= dy.shape[-1]:
            raise ShapeError(f"cannot take {size} channels from number {start} on of {list(dy.shape)}")
        return (replace(dy.spec, shape=(*dy.shape[:-1], size)),)

    @staticmethod
    def flops(node: Node) -> int:
        return 0


@register("op", "split")
class Split(Op):
    """The channels of x (…, parts · C) in parts (…, C) of one size."""

    operands = "x -> *pieces"
    attributes: ClassVar = {"parts": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        size, rest = divmod(x.shape[-1], attributes["parts"])
        if rest:
            raise ShapeError(f"cannot split {list(x.shape)} into {attributes['parts']} equal parts")
        return (replace(x.spec, shape=(*x.shape[:-1], size)),) * attributes["parts"]

    @staticmethod
    def gradient(graph: Graph, node: Node, *output_gradients: Value | None) -> tuple[Value | None, ...]:
        parts = [dy for dy in output_gradients if dy is not None]
        assert len(parts) == len(output_gradients), "every part is read"
        return (graph.apply("concat", *parts),)

    @staticmethod
    def flops(node: Node) -> int:
        return 0
