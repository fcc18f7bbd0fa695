"""Rotary positions: queries and keys are turned by angles that grow with their step (Su et al. 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "rotary")
class Rotary(Op):
    """y (T, C) = x (T, C) with the first `heads` heads of D channels turned; turns (T, D): cosines, then sines.

    Channel i of a head and channel i + D/2 are the two coordinates of a point. `inverse` 1 turns them back.
    """

    operands = "x, turns -> y"
    attributes: ClassVar = {"heads": 1, "inverse": 0}
    in_place = True
    operations = 3

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, turns = inputs
        fits = len(x.shape) == len(turns.shape) == 2 and x.shape[0] == turns.shape[0] and turns.shape[1] % 2 == 0
        if not fits or attributes["heads"] * turns.shape[1] > x.shape[1]:
            raise ShapeError(f"{attributes['heads']} heads of turns {list(turns.shape)} do not fit {list(x.shape)}")
        return (x.spec,)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        attributes = {**node.attributes, "inverse": 1 - node.attributes["inverse"]}
        return graph.apply("rotary", dy, node.inputs[1], **attributes), None
