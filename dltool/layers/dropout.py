"""Dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from dltool.layers.layer import Layer
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "dropout", main="rate")
class Dropout(Layer):
    """While training, sets random values to 0 and scales up the rest (Srivastava et al. 2014)."""

    rate: float = Field(default=0.5, ge=0, lt=1, description="share of values set to 0")

    def build(self, graph: Graph, x: Value) -> Value:
        """The shape of `x`; `x` itself where nothing is dropped."""
        if not graph.training or self.rate == 0:
            return x
        y, _ = graph.apply("dropout", x, rate=self.rate, stream=graph.random_stream())
        return y
