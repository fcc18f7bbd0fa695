"""A Python program that is being written: it defines a network in another framework, whose tensors are in a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dltool.errors import InputError, Problem
from dltool.export.emitters import attributes, emitter
from dltool.export.network import TrainedNetwork
from dltool.export.opening import Trained
from dltool.ops.graph import Node, Value
from dltool.ops.op import Spec

_VARIABLE = re.compile(r"\bv\d+\b")


@dataclass(frozen=True)
class Variable:
    """What a statement made; `first`: its channels stand before the places, as PyTorch has them."""

    name: str
    first: bool = False


@dataclass(frozen=True, eq=False)
class Operand:
    """An operand of an op: a variable of the program, or an array that is known."""

    spec: Spec
    path: str  # of a parameter, such as "dense_1.weight"
    variable: Variable | None = None
    array: np.ndarray | None = None
    bias: Operand | None = None  # of a product: what the next node would add

    @property
    def shape(self) -> tuple[int, ...]:
        """Logical shape, without the batch axis."""
        return self.spec.shape

    @property
    def known(self) -> np.ndarray:
        """The array of a parameter."""
        assert self.array is not None
        return self.array

    @property
    def made(self) -> Variable:
        """The variable of a value that follows from samples."""
        assert self.variable is not None
        return self.variable


@dataclass
class Program:
    """Tensors by the names of the framework, the construction of layers, and statements from inputs to the output."""

    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    layers: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)  # expressions of tensors by the paths of their parameters
    statements: list[tuple[str, str]] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)  # names of layers and of tensors that belong to none

    def unique(self, name: str) -> str:
        """The name, or another like it if it is taken: "a b" and "a_b" are the same to Python."""
        while name in self.taken:
            name += "_again"
        self.taken.add(name)
        return name

    def let(self, expression: str, *, first: bool = False) -> Variable:
        """A new variable."""
        made = Variable(f"v{len(self.statements)}", first)
        self.statements.append((made.name, expression))
        return made

    def lines(self) -> list[str]:
        """The statements; what only the next one reads is called x."""
        readers: dict[str, set[int]] = {}
        for place, (_, expression) in enumerate(self.statements):
            for name in _VARIABLE.findall(expression):
                readers.setdefault(name, set()).add(place)
        names = {
            target: "x" if readers.get(target, {place + 1}) == {place + 1} else target
            for place, (target, _) in enumerate(self.statements)
        }
        renamed: Callable[[str], str] = lambda text: _VARIABLE.sub(lambda found: names[found[0]], text)  # noqa: E731
        return [f"{renamed(target)} = {renamed(expression)}" for target, expression in self.statements]


def about(trained: Trained) -> str:
    """What a user of the network must know, in one line."""
    activation = trained.forward(fold=False).output_activation
    what = "numbers, scaled" if activation == "identity" else f"scores; {activation} makes probabilities of them"
    return f"Takes samples as dltool prepares them, and gives {what}."


def layer_name(path: str, last: str = "weight") -> str:
    """The name of a layer with a parameter: "a.b.output_weight" becomes "a_b_output"."""
    return re.sub(r"\W", "_", path.removesuffix(last).rstrip("._"))


def add_network(program: Any, network: TrainedNetwork, ops: str, language: str) -> Variable:
    """Add the statements of a network, whose inputs are variables of their names; returns that of its scores.

    `ops` is the package with the functions of ops. Raises InputError for an op without one.
    """
    made: dict[Value, Variable] = {value: Variable(name) for name, value in network.inputs.items()}
    for node in network.nodes:
        if node.outputs and node.outputs[0] in made:
            continue  # a bias that belongs to the layer of the product before it
        biased = _bias(network, node)
        operands = [_operand(network, made, value) for value in node.inputs]
        if biased:
            operands[0] = _with_bias(operands[0], _operand(network, made, biased.inputs[1]))
        results = emitter(ops, node, language)(program, *operands, **attributes(node))
        variables = [results] if isinstance(results, Variable) else results
        made |= dict(zip(node.outputs, variables, strict=False))
        if biased:
            made[biased.outputs[0]] = made[node.outputs[0]]
        if missing := [value for value in node.outputs if value not in made and network.readers[value]]:
            message = f"the op '{node.op.yaml_name}' has no '{missing[0].name}' in {language}"
            raise InputError(Problem(message, where=f"layer {node.layer}"))
    return made[network.output]


def _bias(network: TrainedNetwork, node: Node) -> Node | None:
    behind = network.bias_behind(node) if node.op.takes_epilogue else None
    return behind if behind and network.is_known(behind.inputs[1]) else None


def _operand(network: TrainedNetwork, made: Mapping[Value, Variable], value: Value) -> Operand:
    array = network.array(value) if network.is_known(value) else None
    return Operand(value.spec, value.name, made.get(value), array)


def _with_bias(operand: Operand, bias: Operand) -> Operand:
    return Operand(operand.spec, operand.path, operand.variable, operand.array, bias)
