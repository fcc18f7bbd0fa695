"""Layers that go through a sequence step by step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, PositiveInt

from dltool.config.description import Component, by_compat
from dltool.layers.initializer import Initializer
from dltool.layers.layer import Layer, misfit, sees_later_tokens, way_back

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Initial, Value


class Recurrent(Layer):
    """What all recurrent layers have in common; `gates` is how many times `units` numbers a step computes."""

    gates: ClassVar[int]

    units: PositiveInt = Field(description="numbers that the layer remembers, and its channels")
    return_sequences: bool = Field(default=False, description="give the output of every step, not only of the last")
    bidirectional: bool = Field(
        default=False, description="go through the sequence in reverse too, and join both outputs"
    )
    layers: PositiveInt = Field(default=1, description="number of such layers, one on top of the other")
    stateful: bool = Field(
        default=False, description="go on from where the sequences of the batch before ended, as language models can"
    )
    dropout: float = Field(default=0.0, ge=0, lt=1, description="share of the outputs dropped between these layers")
    recurrent_dropout: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="share of the state hidden from the gates, the same at all steps of a sequence",
    )
    initializer: Annotated[Initializer, Component("initializer")] = by_compat(
        "glorot_uniform", torch="torch_uniform", mxnet={"uniform": 0.07}
    )
    recurrent_initializer: Annotated[Initializer, Component("initializer")] = by_compat(
        "orthogonal", torch="torch_uniform", mxnet={"uniform": 0.07}
    )
    bias_initializer: Annotated[Initializer, Component("initializer")] = by_compat("zeros", torch="torch_uniform")

    def build(self, graph: Graph, x: Value) -> Value:
        """(steps, channels) → (units,), or (steps, units) with `return_sequences`; both directions: twice the units."""
        if len(x.shape) != 2:
            raise misfit(graph, f"expected a sequence (steps, channels), got {list(x.shape)}", way_back(x))
        lengths = x.lengths
        if self.bidirectional and graph.context is not None:
            raise sees_later_tokens(graph, "bidirectional", "leave it out")
        if self.bidirectional and self.stateful:
            raise misfit(graph, "a state goes forward only", "leave out bidirectional, or stateful")
        for number in range(self.layers):
            with graph.scope("layer", f"layer_{number + 1}") if self.layers > 1 else nullcontext():
                if number and self.dropout and graph.training:
                    x, _ = graph.apply("dropout", x, rate=self.dropout, stream=graph.random_stream())
                x = self._directions(graph, x, lengths, whole=self.return_sequences or number + 1 < self.layers)
        return x

    def _directions(self, graph: Graph, x: Value, lengths: Value | None, *, whole: bool) -> Value:
        """One layer, in one direction or in both."""
        known = () if lengths is None else (lengths,)
        if not self.bidirectional:
            y = self.steps(graph, x)
            return y if whole else graph.apply("last_step", y, *known)
        with graph.scope("forward", "forward"):
            y = self.steps(graph, x)
            y = y if whole else graph.apply("last_step", y, *known)
        with graph.scope("backward", "backward"):
            z = self.steps(graph, graph.apply("reverse", x, *known))
            z = graph.apply("reverse", z, *known) if whole else graph.apply("last_step", z, *known)
        return graph.apply("concat", y, z)

    @abstractmethod
    def steps(self, graph: Graph, x: Value) -> Value:
        """(steps, channels) → (steps, units)."""

    def memories(self, graph: Graph, *names: str) -> list[Value]:
        """What the layer remembers of the batch before, or of the step before of a text that is generated."""
        if not self.stateful and graph.context is None:
            return []
        graph.carries = graph.carries or self.stateful
        return [graph.memory(name, (graph.rows, self.units)) for name in names]

    def mask(self, graph: Graph) -> list[Value]:
        """What recurrent dropout leaves of each sequence, at most one mask (1, units): the last input of the op.

        It is the same at all steps and for all gates (Gal and Ghahramani 2016); Keras draws one for each gate.
        """
        if not graph.training or self.recurrent_dropout == 0:
            return []
        fields = {"units": self.units, "rate": self.recurrent_dropout, "stream": graph.random_stream()}
        return [graph.apply("dropout_mask", **fields)]

    def remember(self, graph: Graph, memories: Sequence[Value], *states: Value) -> None:
        """Keep the last step of states (steps, units) in memories."""
        for memory, state in zip(memories, states, strict=False):
            graph.apply("store_memory", state, memory)

    def products(self, graph: Graph, x: Value) -> Value:
        """x · weight (channels, gates · units) + bias, of all steps at once."""
        width, inputs = self.gates * self.units, x.shape[-1]
        fans = self._fan_in(graph, inputs), width
        weight = graph.parameter("weight", (inputs, width), self.initializer.initial(*fans), decay=True)
        return graph.apply("add_bias", graph.apply("matmul", x, weight), self.bias(graph, "bias"))

    def bias(self, graph: Graph, name: str) -> Value:
        """New biases (gates · units)."""
        return graph.parameter(name, (self.gates * self.units,), self.initial_bias(graph), decay=False)

    def recurrent_weight(self, graph: Graph) -> Value:
        """The weights (units, gates · units) from step to step."""
        shape = self.units, self.gates * self.units
        initial = self.recurrent_initializer.initial(*shape)
        return graph.parameter("recurrent_weight", shape, initial, decay=True)

    def initial_bias(self, graph: Graph) -> Initial:
        """What the biases of all gates start from."""
        return self.bias_initializer.initial(self._fan_in(graph, self.units), self.gates * self.units)

    def _fan_in(self, graph: Graph, inputs: int) -> int:
        """Of all parameters PyTorch draws from the same range, which follows from the units."""
        return self.units if graph.compat == "torch" else inputs
