"""Elementwise functions of one value, whose gradients are made of other ops."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from dltool.ops.op import Op
from dltool.ops.shapes import same_shape
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


class Elementwise(Op):
    """y = f(x), element by element."""

    operands = "x -> y"
    elementwise = True
    shape = staticmethod(same_shape)


@register("op", "scale")
class Scale(Elementwise):
    """y = factor · x."""

    attributes: ClassVar = {"factor": 1.0}

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return (graph.apply("scale", dy, **node.attributes),)


@register("op", "square")
class Square(Elementwise):
    """y = x²."""

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return (graph.apply("square_gradient", dy, node.inputs[0]),)


@register("op", "square_gradient")
class SquareGradient(Elementwise):
    """dx = 2 · dy · x."""

    operands = "dy, x -> dx"


@register("op", "exp")
class Exp(Elementwise):
    """y = eˣ."""

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return (graph.apply("multiply", dy, node.outputs[0]),)


@register("op", "reciprocal_square_root")
class ReciprocalSquareRoot(Elementwise):
    """y = 1 / √(x + eps)."""

    attributes: ClassVar = {"eps": 0.0}

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        (y,) = node.outputs
        cube = graph.apply("multiply", graph.apply("square", y), y)
        return (graph.apply("scale", graph.apply("multiply", dy, cube), factor=-0.5),)
