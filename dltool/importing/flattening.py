"""Images that were flattened with their channels first, where dltool has them last: weights behind are reordered."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.errors import InputError, Problem
from dltool.importing.network import Tensor
from dltool.ops.graph import Graph, Node, Value

#: ops that keep the order of numbers, and have none of their own for each
_KEEPING = ("relu", "leaky_relu", "elu", "selu", "gelu", "gelu_tanh", "silu", "tanh", "sigmoid", "softplus", "softmax")
#: ops with an array for each number, by its place among the inputs
_ALONG = {"batch_norm_inference": (1, 2, 3, 4), "layer_norm": (1, 2), "add_bias": (1,)}
#: ops whose output has no channels that could come first
_LAST = ("matmul", "lstm", "gru", "simple_rnn", "embedding", "attention", "layer_norm", "concat_steps")


def channels_last(graph: Graph, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a network, whose values were flattened with the channels first, as they are for dltool.

    Raises InputError where a layer behind cannot be told in another order.
    """
    made = dict(tensors)
    orders: dict[Value, np.ndarray] = {}  # of a vector: where in the other order each of its numbers is
    for node in graph.nodes:
        if not node.inputs or not node.outputs:
            continue
        x, op = node.inputs[0], node.op.yaml_name
        if op == "reshape" and len(node.outputs[0].shape) == 1 and _comes_first(x):
            orders[node.outputs[0]] = _order(x.shape)
        if x not in orders or node.part != "forward":
            continue
        order = orders[x]
        if op == "matmul":
            made = _taken(made, node.inputs[1], order, axis=0)
        elif op in _ALONG:
            for place in _ALONG[op]:
                if node.inputs[place].name in made:
                    made = _taken(made, node.inputs[place], order, axis=-1)
            orders[node.outputs[0]] = order
        elif op in _KEEPING:
            orders[node.outputs[0]] = order
        elif not _is_loss(node):
            message = f"takes flattened channels, whose order '{op}' cannot follow"
            raise InputError(Problem(message, where=f"layer {node.layer}"))
    return made


def _comes_first(x: Value) -> bool:
    """Whether a value has channels and more than one place, and another program has the channels first."""
    if len(x.shape) < 2 or 1 in (x.shape[-1], x.spec.size // x.shape[-1]):
        return False
    maker = x.producer
    while maker is not None and maker.op.yaml_name in (*_KEEPING, "add_bias", "batch_norm_inference", "dropout"):
        x, maker = maker.inputs[0], maker.inputs[0].producer
    if len(x.shape) == 2 and maker is not None and maker.op.yaml_name == "gather":
        return False  # a series as it is in the data
    return maker is None or maker.op.yaml_name not in _LAST


def _order(shape: tuple[int, ...]) -> np.ndarray:
    """Where, among numbers with their channels first, each is that stands at a place with its channels last."""
    numbers = np.arange(np.prod(shape)).reshape(shape[-1], *shape[:-1])
    return np.moveaxis(numbers, 0, -1).reshape(-1)


def _taken(tensors: Mapping[str, Tensor], value: Value, order: np.ndarray, axis: int) -> dict[str, Tensor]:
    tensor = tensors[value.name]
    return {**tensors, value.name: Tensor(tensor.name, np.take(tensor.array, order, axis))}


def _is_loss(node: Node) -> bool:
    return node.layer == "loss"
