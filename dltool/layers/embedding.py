"""Vectors for integers, such as codes of words."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, PositiveInt

from dltool.config.description import Component, by_compat
from dltool.layers.initializer import Initializer
from dltool.layers.layer import Layer, misfit
from dltool.ops.graph import Graph, Value
from dltool.registry import register


@register("layer", "embedding", main="width")
class Embedding(Layer):
    """Gives every integer a vector of its own that is learned."""

    takes_integers: ClassVar = True
    width: PositiveInt = Field(description="channels of each vector")
    size: PositiveInt | None = Field(
        default=None, description="integers are from 0 to size − 1, others get zeros; by default as many as there are"
    )
    initializer: Annotated[Initializer, Component("initializer")] = by_compat("uniform", torch="normal")

    def build(self, graph: Graph, x: Value) -> Value:
        """(…) integers → (…, width); raises InputError for numbers, and where the size is not known."""
        if x.spec.dtype != "int32":
            raise misfit(
                graph,
                f"embedding takes integers, got numbers of shape {list(x.shape)}",
                "put it first, and let a column of text be a sequence: data.features: {COLUMN: tokens}",
            )
        size = self.size or x.vocabulary
        if size is None:
            raise misfit(graph, "embedding needs a size", "say how many different integers there are")
        initial = self.initializer.initial(size, self.width)
        return graph.apply("embedding", x, graph.parameter("weight", (size, self.width), initial, decay=True))
