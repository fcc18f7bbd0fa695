"""Multi-head self-attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, PositiveInt

from dltool.config.description import Component, by_compat, written
from dltool.layers.initializer import Initializer
from dltool.layers.layer import Layer, misfit, sees_later_tokens
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Initial, Value


@register("layer", "multi_head_attention", main="heads")
class MultiHeadAttention(Layer):
    """Attention of a sequence to itself (Vaswani et al. 2017), without a matrix of steps by steps in memory."""

    idle: ClassVar = {"rotary_base": ("rotary", False)}

    heads: PositiveInt
    width: PositiveInt | None = Field(default=None, description="channels of a head; by default channels / heads")
    groups: PositiveInt | None = Field(
        default=None, description="groups of heads that share keys and values; by default one for each head"
    )
    causal: bool = Field(default=False, description="a step sees only itself and the steps before")
    rotary: bool = Field(default=False, description="turn queries and keys by their position (Su et al. 2021)")
    rotary_base: float = Field(default=10_000.0, gt=1, description="steps of the slowest turn, in units of 1 / 2π")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="share of the attention weights dropped")
    bias: bool = True
    initializer: Annotated[Initializer, Component("initializer")] = written("glorot_uniform")
    output_initializer: Annotated[Initializer, Component("initializer")] | None = by_compat(
        None, torch="torch_uniform", description="of the weights behind the attention; by default the same"
    )

    def build(self, graph: Graph, x: Value) -> Value:
        """(steps, channels) → the same."""
        if len(x.shape) != 2:
            raise misfit(graph, f"expected a sequence (steps, channels), got {list(x.shape)}", "reshape it before")
        steps, channels = x.shape
        groups = self.groups or self.heads
        width = self.width or channels // self.heads
        if self.width is None and channels % self.heads:
            raise misfit(graph, f"cannot divide {channels} channels into {self.heads} heads", "give a width")
        if self.heads % groups:
            raise misfit(graph, f"cannot divide {self.heads} heads into {groups} groups", "use a divisor of heads")
        inner, packed = self.heads * width, (self.heads + 2 * groups) * width
        # PyTorch draws queries, keys and values as one matrix, Keras each for itself
        fans = channels, packed if graph.compat == "torch" else inner
        qkv = self._projected(graph, x, packed, "", self.initializer.initial(*fans))
        if self.rotary:
            qkv = self._turned(graph, qkv, self.heads + groups, graph.context or steps, width)
        fields = {"heads": self.heads, "groups": groups, "scale": width**-0.5}
        if graph.context is None:
            lengths = () if x.lengths is None else (x.lengths,)
            if self.dropout and graph.training:
                fields |= {"rate": self.dropout, "stream": graph.random_stream()}
            y, _ = graph.apply("attention", qkv, *lengths, **fields, causal=int(self.causal))
        else:
            y = self._of_steps_before(graph, qkv, graph.context, groups * width, fields)
        initializer = self.output_initializer or self.initializer
        return self._projected(graph, y, channels, "output_", initializer.initial(inner, channels))

    def _of_steps_before(self, graph: Graph, qkv: Value, context: int, width: int, fields: Mapping[str, Any]) -> Value:
        """Attention of the step at hand, with keys and values (width) of the steps before from memory."""
        if not self.causal:
            raise sees_later_tokens(graph, "attention without causal: true", "add it")
        keys, values = (graph.memory(name, (graph.rows, context, width)) for name in ("keys", "values"))
        return graph.apply("cached_attention", qkv, keys, values, **fields)

    def _projected(self, graph: Graph, x: Value, units: int, name: str, initial: Initial) -> Value:
        """x · weight + bias."""
        weight = graph.parameter(f"{name}weight", (x.shape[-1], units), initial, decay=True)
        y = graph.apply("matmul", x, weight)
        if not self.bias:
            return y
        zeros = graph.parameter(f"{name}bias", (units,), lambda shape, _: np.zeros(shape), decay=False)
        return graph.apply("add_bias", y, zeros)

    def _turned(self, graph: Graph, qkv: Value, heads: int, steps: int, width: int) -> Value:
        """Queries and keys turned by their position."""
        if width % 2:
            raise misfit(graph, f"cannot turn heads of {width} channels", "use an even width, or no rotary")
        frequencies = self.rotary_base ** (-np.arange(0, width, 2) / width)
        angles = np.arange(steps)[:, None] * frequencies
        # networks for texts of different lengths share what has the same name
        turns = graph.constant(f"turns_{steps}", np.concatenate([np.cos(angles), np.sin(angles)], axis=1))
        if graph.context is not None:
            turns = graph.apply("row_of_position", turns)
        return graph.apply("rotary", qkv, turns, heads=heads)
