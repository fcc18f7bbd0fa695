"""Recomputing: values that are cheap to compute are computed again for the backward, instead of being kept.

The output of a normalization and its relu costs one pass over the pixels and is a third of the activations of a
convolutional network. That pays only where the readers multiply enough: a 3 × 3 depthwise convolution does not. In a
network whose activations fill many times the caches, layer norms and activations are computed again, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from dltool.ops.activation import Relu
from dltool.ops.graph import Graph, Node, Value
from dltool.ops.spatial_batch_norm import Normalize

#: operations of the readers per number from which on recomputing pays
WORTH = 24
#: bytes of the outputs of a node from which on it is computed again, and of all such nodes together
LARGE = 1 << 22
ENOUGH = 1 << 25


def recompute(graph: Graph) -> None:
    """Computes such values a second time, just before the backward needs them; after differentiation."""
    forward = [node for node in graph.nodes if node.part == "forward"]
    for node in forward:
        if node.op is Relu and (norm := _normalization(graph, node)):
            _compute_again(graph, [norm, node])
    cheap = [node for node in forward if node.op.cheap and _bytes(graph, node) >= LARGE]
    if sum(_bytes(graph, node) for node in cheap) >= ENOUGH:
        for node in cheap:
            _compute_again(graph, [node])


def _normalization(graph: Graph, relu: Node) -> Node | None:
    """The normalization that only this relu reads, where recomputing both pays."""
    (x,), (y,) = relu.inputs, relu.outputs
    readers = _backward_readers(graph, [y])
    single = sum(x in reader.inputs for reader in graph.nodes) == 1
    worth = sum(reader.op.flops(reader) for reader in readers) >= WORTH * y.spec.size
    return x.producer if worth and single and x.producer and x.producer.op is Normalize else None


def _bytes(graph: Graph, node: Node) -> int:
    return 4 * graph.rows * sum(value.spec.size for value in node.outputs)


def _backward_readers(graph: Graph, values: Sequence[Value]) -> list[Node]:
    return [node for node in graph.nodes if node.part == "backward" and not set(values).isdisjoint(node.inputs)]


def _compute_again(graph: Graph, nodes: Sequence[Node]) -> None:
    """Repeats a chain of nodes in the backward, right after the gradient that is first used with their output."""
    made = nodes[-1].outputs
    readers = _backward_readers(graph, made)
    if not readers:
        return
    gradient = next(value for value in readers[0].inputs if value not in made)
    assert gradient.producer is not None
    again: dict[Value, Value] = {}
    with graph.part("backward"), graph.after(gradient.producer):
        for node in nodes:
            with graph.inside(node.layer):
                inputs = [again.get(value, value) for value in node.inputs]
                outputs = graph.apply(node.op.yaml_name, *inputs, **node.attributes)
            again |= zip(node.outputs, outputs if isinstance(outputs, tuple) else (outputs,), strict=True)
    first = again[nodes[0].outputs[0]].producer
    assert first is not None
    first.after = (gradient,)
    for reader in readers:
        reader.inputs = tuple(again.get(value, value) for value in reader.inputs)
