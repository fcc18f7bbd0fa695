"""Lowering: products read pairs of numbers in bfloat16, where the processor multiplies these.

A rounded value becomes one or more values of words, each in the order that some of its readers want. Readers that know
no words go on with rounded numbers.
"""

from __future__ import annotations

from collections.abc import Mapping

from dltool.kernels.bfloat16_unit import has_tiles
from dltool.kernels.records import LANES
from dltool.ops.bfloat16 import ROUNDING
from dltool.ops.bfloat16_conv import Bfloat16Conv, Bfloat16ConvDataGradient, Bfloat16ConvWeightGradient
from dltool.ops.bfloat16_matmul import Bfloat16Matmul, Bfloat16WeightGradient
from dltool.ops.bfloat16_recurrent import (
    Bfloat16GRU,
    Bfloat16GRUGradient,
    Bfloat16LSTM,
    Bfloat16LSTMGradient,
    Bfloat16SimpleRNN,
    Bfloat16SimpleRNNGradient,
)
from dltool.ops.conv import Conv, ConvDataGradient, ConvWeightGradient
from dltool.ops.graph import Graph, Node, Value
from dltool.ops.gru import GRU, GRUGradient
from dltool.ops.lstm import LSTM, LSTMGradient
from dltool.ops.matmul import Matmul, MatmulDataGradient, MatmulWeightGradient
from dltool.ops.op import Op
from dltool.ops.simple_rnn import SimpleRNN, SimpleRNNGradient
from dltool.program.winograd import DIRECT, is_cheaper

#: name of the op that makes words of a value
Order = str

#: what takes the place of an op, and the orders of those inputs that come as words
LOWERED: Mapping[type[Op], tuple[type[Op], Mapping[int, Order]]] = {
    Matmul: (Bfloat16Matmul, {0: "pair_channels", 1: "pair_inputs"}),
    MatmulDataGradient: (Bfloat16Matmul, {0: "pair_channels", 1: "pair_outputs"}),
    MatmulWeightGradient: (Bfloat16WeightGradient, {0: "pair_steps", 1: "pair_steps"}),
    Conv: (Bfloat16Conv, {0: "pair_channels", 1: "pair_inputs"}),
    ConvDataGradient: (Bfloat16ConvDataGradient, {0: "pair_channels", 1: "pair_outputs"}),
    ConvWeightGradient: (Bfloat16ConvWeightGradient, {0: "pair_channels", 1: "pair_channels"}),
    LSTM: (Bfloat16LSTM, {1: "pair_inputs"}),
    LSTMGradient: (Bfloat16LSTMGradient, {1: "pair_outputs"}),
    GRU: (Bfloat16GRU, {1: "pair_inputs"}),
    GRUGradient: (Bfloat16GRUGradient, {1: "pair_outputs"}),
    SimpleRNN: (Bfloat16SimpleRNN, {1: "pair_inputs"}),
    SimpleRNNGradient: (Bfloat16SimpleRNNGradient, {1: "pair_outputs"}),
}
_OF_WEIGHTS = ("pair_inputs", "pair_outputs")


def pair_operands(graph: Graph) -> None:
    """Gives every product that can do so words to multiply; after rounding."""
    words: dict[tuple[Value, Order], Value] = {}
    for node in list(graph.nodes):
        if node.op not in LOWERED or (node.op in DIRECT and _stays(node)):
            continue
        op, orders = LOWERED[node.op]
        if all(_fits(node.inputs[i], order) for i, order in orders.items()):
            if op is Bfloat16ConvWeightGradient:
                channels, filters = (value.shape[-1] for value in node.inputs)
                node.attributes = {**node.attributes, "channels": channels, "filters": filters}
            inputs = (_words(graph, one, orders.get(i), words) for i, one in enumerate(node.inputs))
            node.op, node.inputs = op, tuple(inputs)
    read = {value for node in graph.nodes for value in node.inputs}
    graph.remove([node for node in graph.nodes if node.op in ROUNDING and node.outputs[0] not in read])


def _fits(value: Value, order: Order) -> bool:
    """Whether words can be made of a value: it is rounded, and one of the batch or weights, as the order wants."""
    rounded = value.producer is not None and value.producer.op in ROUNDING
    return rounded and value.spec.batched != (order in _OF_WEIGHTS)


def _stays(node: Node) -> bool:
    """Whether a convolution goes on with rounded numbers: of few channels, or cheaper still in Winograd's form.

    Dot products take half the time of those of float32, tiles far less.
    """
    return node.inputs[0].shape[-1] < LANES or (not has_tiles() and is_cheaper(node, share=0.5))


def _words(graph: Graph, value: Value, order: Order | None, known: dict[tuple[Value, Order], Value]) -> Value:
    """The words of a rounded value in an order, made of what was rounded; without an order the value itself."""
    if order is None:
        return value
    attributes = {}
    if order == "pair_steps" and len(value.shape) == 1:
        order, attributes = "pair_samples", {"rows": graph.rows}
    if (value, order) not in known:
        assert value.producer is not None
        with graph.before(value.producer):
            known[value, order] = graph.apply(order, value.producer.inputs[0], **attributes)
    return known[value, order]
