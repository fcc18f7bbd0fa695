"""One micro-batch as a function of JAX arrays: the graph that the reference interpreter runs, traced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax

from dltool.kernels.xla import find
from dltool.ops.graph import Node
from dltool.ops.op import StepRecord

Arrays = dict[str, jax.Array]


@dataclass(frozen=True)
class TracedStep(StepRecord):
    """A step of which only the number of rows is known when it is compiled."""

    order: Any = None  # the rows of its epoch, if these are shuffled: int32 (n,)


def run_nodes(nodes: Sequence[Node], arrays: Mapping[str, Any], step: TracedStep, first: Any) -> Arrays:
    """Every value by name that nodes make, and the arrays that they are made of.

    `first` is the position in the epoch of the first sample of the data.
    """
    values = dict(arrays)
    for node in nodes:
        attributes = {**node.attributes, **node.op.data_attributes(node, values, first)}
        if node.op.uses_step:
            attributes["step"] = step
        results = find(node.op.yaml_name)(*(values[value.name] for value in node.inputs), **attributes)
        written = (*node.outputs, *node.updated)
        values |= {
            value.name: array
            for value, array in zip(written, results if isinstance(results, tuple) else (results,), strict=True)
        }
    return values
