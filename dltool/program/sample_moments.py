"""Lowering: sums over the pixels of a batch become sums over samples, which are then put together."""

from __future__ import annotations

from math import prod

from dltool.ops.graph import Graph, Node
from dltool.ops.spatial_batch_norm import BatchMoments, BatchProducts

SUMMING = (BatchMoments, BatchProducts)


def sum_by_samples(graph: Graph) -> None:
    """Splits every sum over a batch of images: a sample is summed up while it is in the cache."""
    for node in [node for node in graph.nodes if node.op in SUMMING]:
        with graph.before(node):
            values = _moments(graph, node) if node.op is BatchMoments else _products(graph, node)
        graph.replace(node, *values)


def _moments(graph: Graph, node: Node) -> tuple:
    x, *running = node.inputs
    moments = graph.apply("sample_moments", x)
    return graph.apply("combined_moments", *moments, *running, pixels=prod(x.shape[:-1]), **node.attributes)


def _products(graph: Graph, node: Node) -> list:
    return [graph.apply("sum_rows", each) for each in graph.apply("sample_products", *node.inputs)]
