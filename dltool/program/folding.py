"""Folding: at evaluation a batch normalization that follows a product becomes part of its weights and its bias.

What is folded follows from the parameters as they are, once in every step, so that nothing is kept twice.
"""

from __future__ import annotations

from collections import Counter

from dltool.ops.batch_norm import BatchNormInference
from dltool.ops.graph import Graph, Node


def fold_normalizations(graph: Graph) -> None:
    """Rewrites every normalization by fixed statistics whose input is a product that nothing else reads."""
    readers = Counter(value for node in graph.nodes for value in node.inputs)
    for node in [node for node in graph.nodes if node.op is BatchNormInference]:
        product = node.inputs[0].producer
        if product and _makes_last_axis(product) and readers[node.inputs[0]] == 1:
            _fold(graph, product, node)


def _makes_last_axis(product: Node) -> bool:
    """Whether a node is a product of which each output channel has the last axis of the weights for itself."""
    axes = product.op.weight_axes
    return axes is not None and axes[1] == -1


def _fold(graph: Graph, product: Node, norm: Node) -> None:
    """The product with other weights, and in place of the normalization a bias."""
    x, weight = product.inputs
    _, gain, bias, mean, variance = norm.inputs
    with graph.before(product), graph.inside(norm.layer):
        folded = graph.apply("fold_weight", weight, gain, variance, **norm.attributes)
        shift = graph.apply("fold_bias", gain, bias, mean, variance, **norm.attributes)
    product.inputs = (x, folded)
    with graph.before(norm):
        y = graph.apply("add_bias", norm.inputs[0], shift)
    graph.replace(norm, y)
