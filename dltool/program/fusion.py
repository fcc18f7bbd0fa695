"""Fusion: a product takes the bias and the elementwise ops that follow it into its epilogue; a gather takes a reshape.

A fused node keeps its parts in `epilogue`, so that the reference program can run them one after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dltool.kernels.records import CALLS
from dltool.ops.bias import AddBias
from dltool.ops.graph import Node, Value
from dltool.ops.reshape import Reshape


def fuse(nodes: Sequence[Node], kept: Iterable[Value]) -> list[Node]:
    """The same program with fewer nodes; values in `kept` stay whatever reads them."""
    readers = Counter(value for node in nodes for value in node.reads)
    readers.update(kept)
    available: set[Value] = {value for node in nodes for value in node.reads if value.producer is None}
    result: list[Node] = []
    taken: set[int] = set()
    for i, node in enumerate(nodes):
        if i in taken:
            continue
        if node.op.takes_epilogue:
            node = _with_epilogue(node, nodes, taken, readers, available)
        elif node.op.any_shape:
            node = _with_reshape(node, nodes, taken, readers)
        available.update(node.outputs)
        result.append(node)
    return result


def _with_epilogue(
    product: Node, nodes: Sequence[Node], taken: set[int], readers: Counter[Value], available: set[Value]
) -> Node:
    """The product with the bias and the elementwise ops that directly follow it; what others read between is kept."""
    parts: list[Node] = []
    kept: list[Value] = []
    value = product.outputs[0]
    bias = _only_reader(value, nodes, readers, taken)
    if bias is not None and nodes[bias].op is AddBias:
        parts.append(nodes[bias])
        taken.add(bias)
        value = nodes[bias].outputs[0]
    for _ in range(CALLS):
        reader = _elementwise_reader(value, nodes, taken, available)
        if reader is None:
            break
        parts.append(nodes[reader])
        taken.add(reader)
        if readers[value] > 1 or value in nodes[reader].inputs[1:]:
            kept.append(value)  # the derivative of some activations needs their input
        value = nodes[reader].outputs[0]
    computed = {output for node in (product, *parts) for output in node.outputs}
    return replace(product, outputs=(value, *kept), epilogue=tuple(parts), inner=frozenset(computed - {value, *kept}))


def _only_reader(value: Value, nodes: Sequence[Node], readers: Counter[Value], taken: set[int]) -> int | None:
    if readers[value] != 1:
        return None
    return next((i for i, node in enumerate(nodes) if i not in taken and value in node.inputs), None)


def _elementwise_reader(value: Value, nodes: Sequence[Node], taken: set[int], available: set[Value]) -> int | None:
    """The elementwise op that first reads `value`, if what else it reads exists before the product."""
    for i, node in enumerate(nodes):
        if i not in taken and value in node.inputs:
            others = [other for other in node.inputs if other is not value]
            fits = (
                node.op.elementwise
                and (node.inputs[0] is value or node.op.commutative)
                and len(others) == len(node.inputs) - 1
            )
            return i if fits and available.issuperset(others) else None
    return None


def _with_reshape(gather: Node, nodes: Sequence[Node], taken: set[int], readers: Counter[Value]) -> Node:
    """Rows of the data have no blocks yet: they can be gathered in the shape that the first layer wants."""
    i = _only_reader(gather.outputs[0], nodes, readers, taken)
    whole = all(value.shape == () for value in gather.inputs[2:])  # a factor for each channel needs the channels
    if i is None or nodes[i].op is not Reshape or not whole:
        return gather
    taken.add(i)
    return replace(gather, outputs=nodes[i].outputs, epilogue=(nodes[i],), inner=frozenset(gather.outputs))
