"""The fully connected layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt

from dltool.config.description import Component, by_compat
from dltool.layers.activation import Activation
from dltool.layers.initializer import Initializer
from dltool.layers.layer import Layer, misfit
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "dense", main="units")
class Dense(Layer):
    """Fully connected: activation(x · weight + bias), over the last axis."""

    idle: ClassVar = {"bias_initializer": ("bias", False)}

    units: PositiveInt | Literal["classes", "targets"] = Field(
        description="outputs; 'classes' or 'targets': as many as the data has"
    )
    activation: Annotated[Activation, Component("activation")] | None = None
    bias: bool = True
    initializer: Annotated[Initializer, Component("initializer")] = by_compat(
        "glorot_uniform", torch="torch_uniform", mxnet={"uniform": 0.01}
    )
    bias_initializer: Annotated[Initializer, Component("initializer")] = by_compat(
        "zeros", torch="torch_uniform", description="sees the same inputs and outputs as that of the weights"
    )
    flatten: bool = by_compat(False, mxnet=True, description="take all axes of a sample together")

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, inputs) → (…, units)."""
        if self.flatten and x.shape != (x.spec.size,):
            x = graph.apply("reshape", x, shape=(x.spec.size,))
        inputs = x.shape[-1]
        units = self.units if isinstance(self.units, int) else graph.outputs
        if isinstance(self.units, str) and graph.output_kind not in (None, self.units):
            raise misfit(
                graph, f"units: {self.units}, but the data has {graph.output_kind}", f"use {graph.output_kind}"
            )
        weight = graph.parameter("weight", (inputs, units), self.initializer.initial(inputs, units), decay=True)
        y = graph.apply("matmul", x, weight)
        if self.bias:
            initial = self.bias_initializer.initial(inputs, units)
            y = graph.apply("add_bias", y, graph.parameter("bias", (units,), initial, decay=False))
        return self.activation.apply(graph, y) if self.activation else y
