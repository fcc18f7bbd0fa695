"""Reverse-mode differentiation: appends the backward of every forward node, last first."""

from __future__ import annotations

from dltool.ops.graph import Graph, Value


def differentiate(graph: Graph, row_loss: Value, weights: Value | None = None) -> dict[Value, Value]:
    """The gradient of the batch's mean of `row_loss` with respect to every trained parameter that it depends on.

    With `weights` (1,) of samples it is the mean of row_loss · weight.
    """
    gradients: dict[Value, Value] = {}
    for node in reversed([node for node in graph.nodes if node.part == "forward"]):
        upstream = [gradients[value] for value in node.outputs if value in gradients]
        if not upstream and row_loss not in node.outputs:
            continue
        if upstream and node.outputs[0] not in gradients:
            raise TypeError(f"op '{node.op.yaml_name}' has a gradient only where its first output is used")
        with graph.part("backward"), graph.inside(node.layer):
            for value, gradient in zip(node.inputs, node.op.gradient(graph, node, *upstream), strict=True):
                if gradient is not None and value.needs_gradient:
                    if weights and row_loss in node.outputs:
                        gradient = graph.apply("multiply", gradient, weights)
                    known = gradients.get(value)
                    add = "add" if value.spec.batched else "sum_gradients"
                    gradients[value] = gradient if known is None else graph.apply(add, known, gradient)
    return {value: gradients[value] for value in graph.parameters() if value in gradients}
