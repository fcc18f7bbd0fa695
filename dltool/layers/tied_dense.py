"""The output layer of a language model that shares the vectors of its embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from dltool.errors import did_you_mean
from dltool.layers.layer import Layer, misfit
from dltool.ops.embedding import Embedding
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "tied_dense", main="of")
class TiedDense(Layer):
    """Computes a logit for each token: the product with its embedding vector (Press and Wolf 2017)."""

    of: str = Field(default="embedding_1", description="name of the embedding")
    bias: bool = Field(default=True, description="add a bias for each token")

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, width) → (…, size); raises InputError without such an embedding, or where its width is another."""
        tables = {node.layer: node.inputs[1] for node in graph.nodes if node.op is Embedding}
        table = tables.get(self.of)
        if table is None:
            raise misfit(graph, f"no embedding '{self.of}' before this layer", did_you_mean(self.of, tables))
        if table.shape[1] != x.shape[-1]:
            hint = f"put dense: {table.shape[1]} before it"
            raise misfit(graph, f"vectors of {self.of} are {table.shape[1]} wide, the input {x.shape[-1]}", hint)
        y = graph.apply("matmul_data_gradient", x, table)
        if not self.bias:
            return y
        zeros = graph.parameter("bias", y.shape[-1:], lambda shape, _: np.zeros(shape), decay=False)
        return graph.apply("add_bias", y, zeros)
