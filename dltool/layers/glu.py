"""Gated linear units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from dltool.config.description import Component, written
from dltool.layers.activation import Activation
from dltool.layers.layer import Layer, misfit
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "glu", main="activation")
class GLU(Layer):
    """Multiplies the first half of the channels by an activation of the second half (Dauphin et al. 2017)."""

    activation: Annotated[Activation, Component("activation")] = written("sigmoid", description="silu makes it swiglu")

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, 2 · channels) → (…, channels); raises InputError where the number of channels is odd."""
        if x.shape[-1] % 2:
            raise misfit(graph, f"cannot halve {x.shape[-1]} channels", "give it an even number of them")
        value, gate = graph.apply("split", x, parts=2)
        return graph.apply("multiply", value, self.activation.apply(graph, gate))
