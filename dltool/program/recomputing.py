"""Recomputing: the output of a normalization and its relu is computed again for the backward, instead of being kept.

That costs one pass over the pixels and saves a third of the activations of a convolutional network. It pays only where
the readers multiply enough: a 3 × 3 depthwise convolution does not.
"""

from __future__ import annotations

from dltool.ops.activation import Relu
from dltool.ops.graph import Graph, Node, Value
from dltool.ops.spatial_batch_norm import Normalize

#: operations of the readers per number from which on recomputing pays
WORTH = 24


def recompute(graph: Graph) -> None:
    """Computes each such value a second time, just before the backward needs it; after differentiation."""
    for node in [node for node in graph.nodes if node.part == "forward" and node.op is Relu]:
        (x,), (y,) = node.inputs, node.outputs
        readers = [reader for reader in graph.nodes if reader.part == "backward" and y in reader.inputs]
        single = sum(x in reader.inputs for reader in graph.nodes) == 1
        worth = sum(reader.op.flops(reader) for reader in readers) >= WORTH * y.spec.size
        if worth and single and x.producer and x.producer.op is Normalize:
            _compute_again(graph, x.producer, node, readers)


def _compute_again(graph: Graph, norm: Node, relu: Node, readers: list[Node]) -> None:
    """Both nodes once more, after the gradient with which the first reader takes their output."""
    (y,) = relu.outputs
    gradient = next(value for value in readers[0].inputs if value is not y)
    assert gradient.producer is not None
    with graph.part("backward"), graph.after(gradient.producer):
        with graph.inside(norm.layer):
            again: Value = graph.apply("normalize", *norm.inputs, **norm.attributes)
        with graph.inside(relu.layer):
            made: Value = graph.apply("relu", again, **relu.attributes)
    assert again.producer is not None
    again.producer.after = (gradient,)
    for reader in readers:
        reader.inputs = tuple(made if value is y else value for value in reader.inputs)
