"""Giving the elements of a sample another shape, in the same order."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "reshape")
class Reshape(Op):
    """y = x with the shape (a tuple, without the batch axis) that must be given; no attribute of the cpu kernel."""

    operands = "x -> y"
    moves = True
    linear = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        shape = attributes["shape"]
        if not shape or prod(shape) != x.spec.size:
            raise ShapeError(
                f"cannot reshape {list(x.shape)} to {list(shape)}: {x.spec.size} elements do not fill {prod(shape)}"
            )
        return (replace(x.spec, shape=tuple(shape)),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        (x,) = node.inputs
        return (graph.apply("reshape", dy, shape=x.shape),)
