"""Squeeze-and-excitation: scaling channels by their global means."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, PositiveInt

from dltool.layers.dense import Dense
from dltool.layers.layer import Layer, build_layers
from dltool.ops.graph import Graph, Value
from dltool.registry import register


@register("layer", "squeeze_excite", main="ratio")
class SqueezeExcite(Layer):
    """Scales channels by factors that two dense layers make of the mean of each channel (Hu et al. 2018)."""

    mixes_steps: ClassVar = True
    ratio: PositiveInt = Field(default=16, description="channels for each unit of the first dense layer")

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, channels) → the same."""
        sizes = {"relu": max(1, x.shape[-1] // self.ratio), "sigmoid": x.shape[-1]}
        fields = [{"units": units, "activation": name, "flatten": False} for name, units in sizes.items()]
        dense = [Dense.model_validate(one, context={"compat": graph.compat}) for one in fields]
        means = graph.apply("mean", x, over=range(len(x.shape) - 1))
        return graph.apply("multiply", x, build_layers(graph, dense, means))
