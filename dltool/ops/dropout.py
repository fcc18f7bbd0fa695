"""Dropout: zeroes elements at random and scales the rest up, so that the mean stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "dropout")
class Dropout(Op):
    """(y, mask) = (x · mask, mask), mask 0 with probability rate < 1, else 1 / (1 − rate).

    `stream` tells one dropout of a network from another; `key` is the seed of the run (64 bits), set by
    `build_network`.
    """

    operands = "x -> y, mask"
    linear = True
    attributes: ClassVar = {"rate": 0.5, "stream": 0, "key": 0}
    uses_step = True
    in_place = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        return x.spec, x.spec

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        _, mask = node.outputs
        return (graph.apply("multiply", dy, mask),)


@register("op", "dropout_mask")
class DropoutMask(Op):
    """mask (1, units) of each sample: numbers as those of the mask of `dropout`."""

    operands = "-> mask"
    attributes: ClassVar = {"units": 1, "rate": 0.5, "stream": 0, "key": 0}
    uses_step = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (Spec((1, attributes["units"])),)
