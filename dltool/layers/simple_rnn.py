"""The simple recurrent network."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from dltool.config.description import by_compat
from dltool.layers.recurrent import Recurrent
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "simple_rnn", main="units")
class SimpleRNN(Recurrent):
    """y = activation(x · weight + y₋₁ · recurrent_weight + bias), step by step (Elman 1990)."""

    gates: ClassVar[int] = 1

    activation: Literal["tanh", "relu"] = Field(default="tanh", description="of every step")
    recurrent_bias: bool = by_compat(
        False, torch=True, mxnet=True, description="have a second vector of biases, as PyTorch and MXNet do"
    )

    def steps(self, graph: Graph, x: Value) -> Value:
        """(steps, channels) → (steps, units)."""
        products = self.products(graph, x)
        if self.recurrent_bias:
            products = graph.apply("add_bias", products, self.bias(graph, "recurrent_bias"))
        memories = self.memories(graph, "hidden")
        initial = [graph.apply("load_memory", memory) for memory in memories]
        mask, recurrent = self.mask(graph), self.recurrent_weight(graph)
        relu = int(self.activation == "relu")
        y = graph.apply("simple_rnn", products, recurrent, *initial, *mask, relu=relu, masked=len(mask))
        self.remember(graph, memories, y)
        return y
