"""Pruning: drops nodes whose results nothing reads, such as a softmax that the loss has taken over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dltool.ops.graph import Node, Value


def prune(nodes: Sequence[Node], kept: Iterable[Value]) -> list[Node]:
    """The nodes that some kept value, or some update, depends on."""
    needed = set(kept)
    result: list[Node] = []
    for node in reversed(nodes):
        if node.updated or needed.intersection(node.outputs):
            needed.update(node.reads)
            result.append(node)
    return result[::-1]
