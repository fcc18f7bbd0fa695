"""A network as calls of C functions: one op after the other."""

from __future__ import annotations

from collections.abc import Mapping

from dltool.errors import InputError, Problem
from dltool.export.c.source import Buffer, Operand, Place, Source
from dltool.export.emitters import attributes, emitter
from dltool.export.network import TrainedNetwork
from dltool.ops.graph import Node, Value

#: where the functions of ops are
OPS = "dltool.export.c.ops"


def add_network(source: Source, network: TrainedNetwork, inputs: Mapping[str, Place]) -> Operand:
    """Add the calls of a network, given the places of its inputs by name; returns its scores.

    Raises InputError for an op that has no C function.
    """
    made: dict[Value, Place] = {value: inputs[name] for name, value in network.inputs.items()}
    made |= {memory: source.state(memory.shape[-1]) for memory in network.memories}
    for node in network.nodes:
        if node.outputs and node.outputs[0] in made:
            continue  # a bias that the product before it has added
        biased = _bias(network, node)
        operands = [_operand(network, made, value, biased) for value in node.inputs]
        results = emitter(OPS, node, "C")(source, *operands, **attributes(node))
        places = [results] if isinstance(results, str | Buffer) else results or []
        made |= dict(zip(node.outputs, places, strict=False))
        if biased:
            made[biased.outputs[0]] = made[node.outputs[0]]
        if missing := [value for value in node.outputs if value not in made and network.readers[value]]:
            message = f"the op '{node.op.yaml_name}' has no '{missing[0].name}' in C"
            raise InputError(Problem(message, where=f"layer {node.layer}"))
    return _operand(network, made, network.output, None)


def _bias(network: TrainedNetwork, node: Node) -> Node | None:
    """The node behind a product that adds a known bias to it."""
    behind = network.bias_behind(node) if node.op.takes_epilogue else None
    return behind if behind and network.is_known(behind.inputs[1]) else None


def _operand(network: TrainedNetwork, made: Mapping[Value, Place], value: Value, biased: Node | None) -> Operand:
    array = network.array(value) if network.is_known(value) else None
    bias = network.array(biased.inputs[1]) if biased else None
    return Operand(value.spec, value.name, made.get(value, ""), array, bias)
