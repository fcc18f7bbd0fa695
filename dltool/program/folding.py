"""Folding: at evaluation a batch normalization that follows a product becomes part of its weights and its bias.

What is folded follows from the parameters as they are, once in every step, so that nothing is kept twice.
"""

from __future__ import annotations

from collections import Counter

from dltool.ops.graph import Graph, Node

PRODUCTS = ("matmul", "conv", "depthwise")


def fold_normalizations(graph: Graph) -> None:
    """Rewrites every normalization by fixed statistics whose input is a product that nothing else reads."""
    readers = Counter(value for node in graph.nodes for value in node.inputs)
    for node in [node for node in graph.nodes if node.op.yaml_name == "batch_norm_inference"]:
        product = node.inputs[0].producer
        if product and product.op.yaml_name in PRODUCTS and readers[node.inputs[0]] == 1:
            _fold(graph, product, node)


def _fold(graph: Graph, product: Node, norm: Node) -> None:
    """The product with other weights, and in place of the normalization a bias."""
    _, gain, bias, mean, variance = norm.inputs
    place = graph.nodes.index(product)
    graph.nodes, following = graph.nodes[:place], graph.nodes[place:]
    with graph.inside(norm.layer):
        weight = graph.apply("fold_weight", product.inputs[1], gain, variance, **norm.attributes)
        shift = graph.apply("fold_bias", gain, bias, mean, variance, **norm.attributes)
        added = graph.apply("add_bias", norm.inputs[0], shift).producer
    del graph.values[graph.nodes.pop().outputs[0].name]
    product.inputs = (product.inputs[0], weight)
    added.outputs = norm.outputs
    norm.outputs[0].producer = added
    graph.nodes += [added if node is norm else node for node in following]
