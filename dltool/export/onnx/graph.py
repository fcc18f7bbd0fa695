"""A network as nodes of an ONNX model: one op after the other, then the output activation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dltool.errors import InputError
from dltool.export.emitters import attributes, emitter
from dltool.export.network import TrainedNetwork
from dltool.export.onnx.model import Model, Operand
from dltool.ops.graph import Node, Value

#: where the functions of ops are
OPS = "dltool.export.onnx.ops"


def add_network(model: Model, network: TrainedNetwork, inputs: Mapping[str, str]) -> str:
    """Add the nodes of a network, given its inputs by name; returns its scores, before the output activation.

    What it remembers becomes further inputs and outputs. Raises InputError for an op that ONNX cannot say.
    """
    made = {value: inputs[name] for name, value in network.inputs.items()}
    for memory in network.memories:
        made[memory] = model.input(memory.name, "float32", ("N", *memory.shape[1:]))
    for node in network.nodes:
        model.scope = f"{node.layer}." if node.layer else ""
        operands = [_operand(network, made, value) for value in node.inputs]
        results = emitter(OPS, node, "ONNX")(model, *operands, **attributes(node))
        names = [results] if isinstance(results, str) else results or []
        made |= {value: name for value, name in zip(node.outputs, names, strict=False) if name}
        require_read(network, node, made)
    model.scope = ""
    return made[network.output]


def require_read(network: TrainedNetwork, node: Node, made: Mapping[Value, str]) -> None:
    """Raises InputError where other nodes read an output that is not made."""
    if missing := [value for value in node.outputs if value not in made and network.readers[value]]:
        raise InputError(f"layer {node.layer}: ONNX has no '{missing[0].name}' of the op '{node.op.yaml_name}'")


def activated(model: Model, network: TrainedNetwork, scores: str) -> str:
    """Predictions from scores (N, …): probabilities for softmax and sigmoid."""
    match network.output_activation:
        case "softmax":
            return model.node("Softmax", scores, axis=-1)
        case "sigmoid":
            return model.node("Sigmoid", scores)
    return scores


def _operand(network: TrainedNetwork, made: Mapping[Value, str], value: Value) -> Operand:
    array = network.array(value) if network.is_known(value) else None
    if array is not None and array.dtype == np.float64:
        array = array.astype(np.float32)
    return Operand(value.spec, made.get(value, value.name), array)
