"""Rounding: where `train.precision` is bfloat16, whatever a product multiplies is rounded to bfloat16 before.

Sums stay in float32, and so does everything else: parameters, their slots, norms, losses. All backends run what comes
out of this, so that a network learns the same on all of them.
"""

from __future__ import annotations

from dltool.ops.graph import Graph, Value


def round_operands(graph: Graph) -> None:
    """Has every product read rounded values, each made once; after differentiation."""
    rounded: dict[Value, Value] = {}
    for node in list(graph.nodes):
        places = range(*node.op.rounds.indices(len(node.inputs)))
        inputs = list(node.inputs)
        for value in (inputs[i] for i in places if inputs[i].spec.dtype == "float32"):
            if value not in rounded:
                with graph.before(node):
                    rounded[value] = graph.apply("round_bfloat16", value)
        node.inputs = tuple(rounded.get(value, value) if i in places else value for i, value in enumerate(inputs))
        if "rounded" in node.attributes:
            node.attributes = {**node.attributes, "rounded": 1}
