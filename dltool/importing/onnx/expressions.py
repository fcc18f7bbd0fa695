"""Activations that a file spells out, such as gelu by an error function: they are known by what they give.

Nodes that make numbers of single numbers, and of constants, are an expression of the value that they start from. Where
it gives on a range of numbers what an activation gives, it is that activation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from dltool.importing.network import Layer
from dltool.importing.onnx.reading import OnnxNode

#: numbers to try, and the largest difference from an activation
GRID, TOLERANCE = np.linspace(-8, 8, 257), 1e-5

Function = Callable[..., np.ndarray]
_ERF, _SIGMOID = np.vectorize(math.erf), lambda x: 1 / (1 + np.exp(-x))
_OPERATORS: Mapping[str, Function] = {
    "Add": np.add, "Mul": np.multiply, "Sub": np.subtract, "Div": np.divide, "Pow": np.power, "Exp": np.exp,
    "Tanh": np.tanh, "Erf": _ERF, "Sigmoid": _SIGMOID,
}  # fmt: skip
_ACTIVATIONS: Mapping[str, Function] = {
    "gelu": lambda x: x * (1 + _ERF(x / math.sqrt(2))) / 2,
    "gelu_tanh": lambda x: x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    "silu": lambda x: x * _SIGMOID(x),
}


def completes_activation(node: OnnxNode) -> bool:
    """Note a node as an expression, where it is one; whether that is an activation, which then is a step."""
    found = _expressions(node)
    if found:
        node.reading.expressions[node.outputs[0]] = found
    for source, numbers in found.items():
        for name, activation in _ACTIVATIONS.items():
            if np.allclose(activation(GRID), numbers, rtol=0, atol=TOLERANCE):
                value = node.reading.values[source]
                node.add([Layer(name)], [value], value.axes)
                return True
    return False


def is_expression(node: OnnxNode) -> bool:
    """Whether a node may be a part of an activation that a later one completes."""
    return node.outputs[0] in node.reading.expressions


def _expressions(node: OnnxNode) -> dict[str, np.ndarray]:
    """The values that a node may start from, each with what it gives for the numbers to try."""
    reading, computed = node.reading, node.reading.computed
    operands: list[Mapping[str, np.ndarray] | np.ndarray] = []
    for name in node.inputs:
        if not computed.is_constant(name):
            own = {name: GRID} if name in reading.values else {}
            operands.append({**reading.expressions.get(name, {}), **own})
        elif np.size(computed.arrays[name]) == 1:
            operands.append(np.asarray(computed.arrays[name], np.float64).reshape(()))
        else:
            return {}
    mappings = [operand for operand in operands if isinstance(operand, Mapping)]
    sources = set.intersection(*(set(mapping) for mapping in mappings))
    with np.errstate(all="ignore"):
        return {
            source: _OPERATORS[node.kind](*(one[source] if isinstance(one, Mapping) else one for one in operands))
            for source in sources
        }
