"""Long short-term memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dltool.config.description import by_compat
from dltool.layers.recurrent import Recurrent
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Initial, Value


@register("layer", "lstm", main="units")
class LSTM(Recurrent):
    """Long short-term memory (Hochreiter and Schmidhuber 1997), with gates in the order input, forget, cell, output."""

    gates: ClassVar[int] = 4

    forget_bias: float = by_compat(
        1.0,
        torch=0.0,
        mxnet=0.0,
        description="added to the initial biases of the forget gates (Jozefowicz et al. 2015)",
    )

    recurrent_bias: bool = by_compat(
        False, torch=True, mxnet=True, description="have a second vector of biases, as PyTorch and MXNet do"
    )

    def steps(self, graph: Graph, x: Value) -> Value:
        """(steps, channels) → (steps, units)."""
        products = self.products(graph, x)
        if self.recurrent_bias:
            products = graph.apply("add_bias", products, self.bias(graph, "recurrent_bias"))
        memories = self.memories(graph, "hidden", "cell")
        initial = [graph.apply("load_memory", memory) for memory in memories]
        mask, recurrent = self.mask(graph), self.recurrent_weight(graph)
        y, _, cells = graph.apply("lstm", products, recurrent, *initial, *mask, masked=len(mask))
        self.remember(graph, memories, y, cells)
        return y

    def initial_bias(self, graph: Graph) -> Initial:
        """What the biases start from."""
        drawn = super().initial_bias(graph)

        def initial(shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
            values = np.array(drawn(shape, generator))
            values[self.units : 2 * self.units] += self.forget_bias
            return values

        return initial
