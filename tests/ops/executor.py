"""Runs a graph through the reference kernels, one node after the other: the smallest executor the contract allows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.kernels.reference import find
from dltool.ops.graph import Graph, Node
from dltool.ops.op import StepRecord


def execute(graph: Graph, arrays: Mapping[str, np.ndarray], step: StepRecord) -> dict[str, np.ndarray]:
    """Every value of the graph by name, from those of its data, parameters and states; twins are made first."""
    values = dict(arrays)
    for value in graph.values.values():
        if value.role == "twin" and value.of is not None:
            values[value.name] = values[value.of.name].T
    for node in graph.nodes:
        results = run_node(node, [values[value.name] for value in node.inputs], step)
        written = (*node.outputs, *node.updated)
        values.update({value.name: array for value, array in zip(written, results, strict=True)})
    return values


def run_node(node: Node, inputs: list[np.ndarray], step: StepRecord) -> tuple[np.ndarray, ...]:
    """A node's outputs, then the new values of the inputs that it overwrites."""
    record = {"step": step} if node.op.uses_step else {}
    results = find(node.op.yaml_name)(*inputs, **node.attributes, **record)
    return results if isinstance(results, tuple) else (results,)
