"""Lowering: a graph is rewritten into one that the cpu kernels run faster.

The results are the same but for rounding. The reference kernels and other backends run the graph as it was built.
"""

from __future__ import annotations

from dltool.ops.graph import Graph, Value
from dltool.program.embedding_products import multiply_tables
from dltool.program.folding import fold_normalizations
from dltool.program.recomputing import recompute
from dltool.program.sample_moments import sum_by_samples
from dltool.program.winograd import lower_convolutions


def lower_forward(graph: Graph, features: Value, batch_size: int) -> None:
    """What must be done before the graph is differentiated."""
    multiply_tables(graph, features, batch_size)
    if not graph.training:
        fold_normalizations(graph)


def lower_step(graph: Graph) -> None:
    """What can be done once the graph holds the whole step."""
    sum_by_samples(graph)
    recompute(graph)
    lower_convolutions(graph)
