"""Layers that run other layers one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import PositiveInt

from dltool.layers.layer import Layer, Layers, build_layers
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "sequential", main="layers")
class Sequential(Layer):
    """Several layers one after the other, under one name."""

    takes_integers: ClassVar = True
    takes_table: ClassVar = True

    layers: Layers

    def build(self, graph: Graph, x: Value) -> Value:
        """The output of the last layer."""
        return build_layers(graph, self.layers, x)


@register("layer", "repeat")
class Repeat(Layer):
    """The same layers several times over, each time with parameters of their own."""

    takes_integers: ClassVar = True
    takes_table: ClassVar = True

    times: PositiveInt
    layers: Layers

    def build(self, graph: Graph, x: Value) -> Value:
        """The output of the last repetition."""
        for _ in range(self.times):
            with graph.scope("block"):
                x = build_layers(graph, self.layers, x)
        return x
