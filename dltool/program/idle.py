"""Redundant layers: two products with only linear functions between them act as one."""

from __future__ import annotations

from dltool.ops.graph import Graph, Node, Value


def idle_layers(graph: Graph) -> list[tuple[str, str]]:
    """The paths of layers that act as one, in pairs; before anything is lowered."""
    pairs = []
    for node in graph.nodes:
        first = _linear_source(node.inputs[0]) if node.op.weight_axes else None
        if first and first.layer != node.layer and not _is_factor(first, node):
            pairs.append((first.layer, node.layer))
    return pairs


def _linear_source(value: Value) -> Node | None:
    """The product of which a value is a linear function."""
    node = value.producer
    while node and node.op.linear:
        node = node.inputs[0].producer
    return node if node and node.op.weight_axes else None


def _is_factor(first: Node, second: Node) -> bool:
    """Whether a depthwise convolution is followed by a product that mixes channels: a cheaper form of a large one."""
    return _keeps_channels(first) and not _keeps_channels(second)


def _keeps_channels(product: Node) -> bool:
    axes = product.op.weight_axes
    return axes is not None and axes[0] == axes[1]
