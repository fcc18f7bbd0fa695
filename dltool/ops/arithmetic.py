"""Arithmetic of two values, with broadcasting; joining values along the channels and taking them apart again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.broadcasting import check_broadcast, paired, product_summed_like, summed_like
from dltool.ops.op import Op, ShapeError, Spec, find_op
from dltool.ops.shapes import require_all, same_shape
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


class Arithmetic(Op):
    """y = a ∘ b, element by element, for values of one shape; a second operand that is smaller is broadcast.

    Its axes that have size 1 count for all places of that axis of a, and so do axes that it lacks at the front.
    """

    operands = "a, b -> y"
    elementwise = True
    shape = staticmethod(same_shape)

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        a, b = inputs
        if a.spec == b.spec:
            return cls, attributes
        return find_op(f"{cls.yaml_name}_broadcast"), {"axes": paired(a.shape, b.shape)}


class BroadcastArithmetic(Op):
    """y (…) = a (…) ∘ b, whose size along every axis is that of a or 1 (`paired`)."""

    operands = "a, b -> y"
    attributes: ClassVar = {"axes": ((1, 1),)}
    in_place = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        a, b = inputs
        check_broadcast(a, b)
        return (a.spec,)


@register("op", "add")
class Add(Arithmetic):
    """y = a + b."""

    commutative = True

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return dy, summed_like(graph, dy, node.inputs[1])


@register("op", "add_broadcast")
class AddBroadcast(BroadcastArithmetic):
    """y = a + b, with b broadcast."""

    gradient = staticmethod(Add.gradient)


@register("op", "subtract")
class Subtract(Arithmetic):
    """y = a − b."""

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        _, b = node.inputs
        return dy, summed_like(graph, graph.apply("scale", dy, factor=-1.0), b) if b.needs_gradient else None


@register("op", "subtract_broadcast")
class SubtractBroadcast(BroadcastArithmetic):
    """y = a − b, with b broadcast."""

    gradient = staticmethod(Subtract.gradient)


@register("op", "multiply")
class Multiply(Arithmetic):
    """y = a · b."""

    commutative = True

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        a, b = node.inputs
        da = graph.apply("multiply", dy, b) if a.needs_gradient else None
        return da, product_summed_like(graph, dy, a, b) if b.needs_gradient else None


@register("op", "multiply_broadcast")
class MultiplyBroadcast(BroadcastArithmetic):
    """y = a · b, with b broadcast."""

    gradient = staticmethod(Multiply.gradient)


@register("op", "divide")
class Divide(Arithmetic):
    """y = a / b."""

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        _, b = node.inputs
        da = graph.apply("divide", dy, b)  # dy / b · −a / b is the gradient of b
        if not b.needs_gradient:
            return da, None
        product = graph.apply("multiply", da, node.outputs[0])
        return da, summed_like(graph, graph.apply("scale", product, factor=-1.0), b)


@register("op", "divide_broadcast")
class DivideBroadcast(BroadcastArithmetic):
    """y = a / b, with b broadcast."""

    gradient = staticmethod(Divide.gradient)


@register("op", "concat")
class Concat(Op):
    """y (…, Σ Cᵢ) = the inputs (…, Cᵢ) side by side on the last axis."""

    operands = "*inputs -> y"
    moves = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        first = inputs[0].spec
        for other in inputs:
            if not other.shape or replace(other.spec, shape=(*other.shape[:-1], first.shape[-1])) != first:
                raise ShapeError(f"cannot join {list(first.shape)} and {list(other.shape)} on the last axis")
        channels = sum(value.shape[-1] for value in inputs)
        return (replace(first, shape=(*first.shape[:-1], channels)),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        gradients: list[Value | None] = []
        start = 0
        for value in node.inputs:
            size = value.shape[-1]
            gradients.append(
                graph.apply("slice", dy, axis=-1, start=start, size=size) if value.needs_gradient else None
            )
            start += size
        return tuple(gradients)


@register("op", "split")
class Split(Op):
    """The channels of x (…, parts · C) in parts (…, C) of one size."""

    operands = "x -> *pieces"
    moves = True
    attributes: ClassVar = {"parts": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        size, rest = divmod(x.shape[-1], attributes["parts"])
        if rest:
            raise ShapeError(f"cannot split {list(x.shape)} into {attributes['parts']} equal parts")
        return (replace(x.spec, shape=(*x.shape[:-1], size)),) * attributes["parts"]

    @staticmethod
    def gradient(graph: Graph, node: Node, *dy: Value) -> tuple[Value | None, ...]:
        require_all(node, dy)
        return (graph.apply("concat", *dy),)
