"""A trained network as other programs get it: the nodes from a sample to the output, and everything else as arrays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from dltool.kernels.reference import find
from dltool.losses.output_activations import OutputActivation
from dltool.ops.graph import Graph, Node, Value
from dltool.program.building import Network
from dltool.program.folding import fold_normalizations
from dltool.program.initial import initial_values
from dltool.program.pruning import prune

#: ops that get the products of all steps, which other programs compute in the same operation
RECURRENT = ("simple_rnn", "lstm", "gru")


class TrainedNetwork:
    """The forward part of an evaluation network with its parameters.

    Nodes that only say which rows of the data are the batch are left out: the inputs are the batch. What follows from
    parameters alone, such as the folding of a normalization, is computed here, once. Recurrent nodes take x (T, C),
    weight (C, gates · H) and bias (gates · H) in place of the products that these make.
    """

    def __init__(self, network: Network, arrays: Mapping[str, np.ndarray], *, fold: bool):
        """`arrays` hold parameters and states by name; `fold` makes normalizations part of the products before them.

        The graph of the network must not be lowered; it is changed.
        """
        graph = network.graph
        if fold:
            fold_normalizations(graph)
        self.network = network
        self.output, self.output_activation = _scores(network)  # before the output activation
        self.arrays: dict[str, np.ndarray] = {**dict(_constants(graph)), **_of_graph(graph, arrays)}
        for node in graph.nodes:
            if node.op.yaml_name in RECURRENT:
                node.inputs = (*self._projection(node), *node.inputs[1:])
        nodes = [node for node in prune(graph.nodes, [self.output]) if self._depends_on_samples(node)]
        self.nodes = prune(nodes, [self.output])
        self.readers = Counter(value for node in self.nodes for value in node.inputs)
        read = [value for value in self.readers if value.role == "data" or _is_block(value.producer)]
        #: what comes from a sample, by its name: "features", "codes" or "tokens"
        self.inputs = {("tokens" if value.producer else value.name): value for value in read}
        #: what the network remembers from one batch to the next
        self.memories = [value for value in self.readers if value.role == "memory"]

    def array(self, value: Value) -> np.ndarray:
        """The array of a parameter, a state or a constant."""
        return self.arrays[value.name]

    def is_known(self, value: Value) -> bool:
        """Whether a value does not depend on samples."""
        return value.name in self.arrays

    def bias_behind(self, node: Node) -> Node | None:
        """The node that adds a bias to what a node makes, where nothing else reads that."""
        followers = [other for other in self.nodes if node.outputs[0] in other.inputs]
        return followers[0] if len(followers) == 1 and followers[0].op.yaml_name == "add_bias" else None

    def _projection(self, node: Node) -> tuple[Value, Value, Value]:
        """The input, the weights and the bias that the products of a recurrent node are made of."""
        biases: list[Value] = []
        maker = node.inputs[0].producer
        while maker is not None and maker.op.yaml_name == "add_bias":
            biases.append(maker.inputs[1])
            maker = maker.inputs[0].producer
        assert maker is not None
        assert maker.op.yaml_name == "matmul"
        x, weight = maker.inputs
        if len(biases) == 1:
            return x, weight, biases[0]
        total = Value(f"{node.layer}.biases", biases[0].spec, "constant")
        self.arrays[total.name] = np.sum([self.array(each) for each in biases], axis=0)
        return x, weight, total

    def _depends_on_samples(self, node: Node) -> bool:
        """Whether a node belongs to the network; where it follows from parameters, it is computed instead."""
        if not node.inputs or _is_block(node):
            return False
        if not all(map(self.is_known, node.inputs)):
            return True
        made = find(node.op.yaml_name)(*map(self.array, node.inputs), **node.attributes)
        made = made if isinstance(made, tuple) else (made,)
        self.arrays |= {value.name: array for value, array in zip(node.outputs, made, strict=True)}
        return False


def _scores(network: Network) -> tuple[Value, OutputActivation]:
    """What the loss takes, and what makes predictions of it: a language model has scores for each token."""
    maker = network.output.producer
    if maker is not None and maker.op.yaml_name == "token_cross_entropy":
        return maker.inputs[0], "softmax"
    return network.output, network.output_activation


def _of_graph(graph: Graph, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {value.name: arrays[value.name] for value in graph.saved}


def _constants(graph: Graph) -> list[tuple[str, np.ndarray]]:
    constants = [value for value in graph.values.values() if value.role == "constant"]
    return [*initial_values(constants, seed=0)]


def _is_block(node: Node | None) -> bool:
    """Whether a node takes a block of tokens apart into those that are read and those that follow."""
    return node is not None and node.op.yaml_name == "next_tokens"
