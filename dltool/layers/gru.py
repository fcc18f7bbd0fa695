"""Gated recurrent units."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from dltool.layers.recurrent import Recurrent
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "gru", main="units")
class GRU(Recurrent):
    """Gated recurrent units (Cho et al. 2014), with gates in the order reset, update, candidate."""

    gates: ClassVar[int] = 3

    def steps(self, graph: Graph, x: Value) -> Value:
        """(steps, channels) → (steps, units)."""
        products, recurrent = self.products(graph, x), self.recurrent_weight(graph)
        memories = self.memories(graph, "hidden")
        initial = [graph.apply("load_memory", memory) for memory in memories]
        mask, bias = self.mask(graph), self.bias(graph, "recurrent_bias")
        y, _, _ = graph.apply("gru", products, recurrent, bias, *initial, *mask, masked=len(mask))
        self.remember(graph, memories, y)
        return y
