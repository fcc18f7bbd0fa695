"""Vectors for integers, such as codes of words."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, PositiveInt

from dltool.config.description import Component, by_compat
from dltool.layers.initializer import Initializer
from dltool.layers.layer import Layer
from dltool.ops.graph import Graph, Value
from dltool.registry import register


@register("layer", "embedding")
class Embedding(Layer):
    """Gives every integer a vector of its own that is learned."""

    takes_integers: ClassVar = True
    size: PositiveInt = Field(description="integers are from 0 to size − 1; others get zeros")
    width: PositiveInt = Field(description="channels of each vector")
    initializer: Annotated[Initializer, Component("initializer")] = by_compat("uniform", torch="normal")

    def build(self, graph: Graph, x: Value) -> Value:
        """(…) integers → (…, width)."""
        initial = self.initializer.initial(self.size, self.width)
        return graph.apply("embedding", x, graph.parameter("weight", (self.size, self.width), initial, decay=True))
