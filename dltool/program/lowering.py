"""Lowering: a graph is rewritten into one that the cpu kernels run faster.

The results are the same but for rounding. The reference kernels and other backends run the graph as it was built.
"""

from __future__ import annotations

from dltool.config.experiment import Experiment
from dltool.kernels.bfloat16_unit import has_dot_products
from dltool.ops.graph import Graph, Value
from dltool.program.embedding_products import multiply_tables
from dltool.program.folding import fold_normalizations
from dltool.program.pairing import pair_operands
from dltool.program.sample_moments import sum_by_samples
from dltool.program.winograd import lower_convolutions


def lower_forward(graph: Graph, features: Value, experiment: Experiment) -> None:
    """What must be done before the graph is differentiated."""
    multiply_tables(graph, features, experiment.train.shard_size)
    # weights are rounded as in training, where they are not folded
    if not graph.training and experiment.train.precision != "bfloat16":
        fold_normalizations(graph)


def lower_step(graph: Graph, experiment: Experiment) -> None:
    """What can be done once the graph holds the whole step."""
    sum_by_samples(graph)
    if experiment.train.precision == "bfloat16" and has_dot_products():
        pair_operands(graph)
    lower_convolutions(graph)
