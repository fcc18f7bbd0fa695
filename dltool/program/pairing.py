"""Lowering: products read pairs of numbers in bfloat16, where the processor multiplies these.

A rounded value becomes one or more values of words, each in the order that some of its readers want. Readers that know
no words go on with rounded numbers.
"""

from __future__ import annotations

from collections.abc import Callable

from dltool.kernels.records import LANES
from dltool.ops.bfloat16 import RoundBfloat16, RoundWeights
from dltool.ops.bfloat16_conv import Bfloat16Conv, Bfloat16ConvDataGradient, Bfloat16ConvWeightGradient
from dltool.ops.bfloat16_matmul import Bfloat16Matmul, Bfloat16WeightGradient
from dltool.ops.conv import Conv, ConvDataGradient, ConvWeightGradient
from dltool.ops.graph import Graph, Node, Value
from dltool.ops.matmul import Matmul, MatmulDataGradient, MatmulWeightGradient
from dltool.ops.op import Op

#: name of the op that makes words of a value
Order = str


def pair_operands(graph: Graph) -> None:
    """Gives every product that can do so words to multiply; after rounding."""
    words: dict[tuple[Value, Order], Value] = {}
    for node in list(graph.nodes):
        if node.op not in _FORMS or not all(_is_rounded(value) for value in node.inputs) or _is_narrow(node):
            continue
        op, orders = _FORMS[node.op](node)
        node.op, node.inputs = (
            op,
            tuple(_words(graph, value, order, words) for value, order in zip(node.inputs, orders, strict=True)),
        )
    read = {value for node in graph.nodes for value in node.inputs}
    graph.remove(
        [node for node in graph.nodes if node.op in (RoundBfloat16, RoundWeights) and node.outputs[0] not in read]
    )


def _is_rounded(value: Value) -> bool:
    return value.producer is not None and value.producer.op in (RoundBfloat16, RoundWeights)


def _is_narrow(node: Node) -> bool:
    """Whether a convolution has too few channels for words to pay: all its products go on with rounded numbers."""
    return node.op in (Conv, ConvDataGradient, ConvWeightGradient) and node.inputs[0].shape[-1] < LANES


def _words(graph: Graph, value: Value, order: Order, known: dict[tuple[Value, Order], Value]) -> Value:
    """The words of a rounded value in an order, made of the value before rounding."""
    if (value, order) not in known:
        assert value.producer is not None
        rows = {"rows": graph.rows} if order == "pair_samples" else {}
        with graph.before(value.producer):
            known[value, order] = graph.apply(order, value.producer.inputs[0], **rows)
    return known[value, order]


def _conv(node: Node) -> tuple[type[Op], tuple[Order, Order]]:
    return Bfloat16Conv, ("pair_channels", "pair_inputs")


def _conv_data_gradient(node: Node) -> tuple[type[Op], tuple[Order, Order]]:
    return Bfloat16ConvDataGradient, ("pair_channels", "pair_outputs")


def _conv_weight_gradient(node: Node) -> tuple[type[Op], tuple[Order, Order]]:
    x, dy = node.inputs
    node.attributes = {**node.attributes, "channels": x.shape[-1], "filters": dy.shape[-1]}
    return Bfloat16ConvWeightGradient, ("pair_channels", "pair_channels")


def _matmul(node: Node) -> tuple[type[Op], tuple[Order, Order]]:
    return Bfloat16Matmul, ("pair_channels", "pair_inputs")


def _matmul_data_gradient(node: Node) -> tuple[type[Op], tuple[Order, Order]]:
    return Bfloat16Matmul, ("pair_channels", "pair_outputs")


def _matmul_weight_gradient(node: Node) -> tuple[type[Op], tuple[Order, Order]]:
    order = "pair_steps" if len(node.inputs[0].shape) > 1 else "pair_samples"
    return Bfloat16WeightGradient, (order, order)


_FORMS: dict[type[Op], Callable[[Node], tuple[type[Op], tuple[Order, Order]]]] = {
    Conv: _conv,
    ConvDataGradient: _conv_data_gradient,
    ConvWeightGradient: _conv_weight_gradient,
    Matmul: _matmul,
    MatmulDataGradient: _matmul_data_gradient,
    MatmulWeightGradient: _matmul_weight_gradient,
}
