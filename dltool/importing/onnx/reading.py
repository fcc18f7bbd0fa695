"""Steps that are being collected from the nodes of an ONNX graph.

A value of dltool has its channels last, one of ONNX where its operator wants them. For each value it is known which
axis is which: the batch "N", the channels "C", places by their number, and axes of one element that are no more than
brackets, "1". An exchange of axes is no step; only what flattens must know the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dltool.importing.network import Layer, Merge, Step, Tensor, Unknown
from dltool.importing.onnx.computing import Computed
from dltool.importing.structure import INPUT

BATCH, CHANNELS, BRACKET = "N", "C", "1"
Axes = tuple[str | int, ...]


@dataclass(frozen=True)
class Value:
    """A value that depends on samples: the step that makes it, and what its axes are in the file."""

    step: str
    axes: Axes

    @property
    def places(self) -> Axes:
        """The axes that are neither the batch nor channels."""
        return tuple(axis for axis in self.axes if isinstance(axis, int))

    @property
    def channels_first(self) -> bool:
        """Whether channels stand before places."""
        return bool(self.places) and self.axes.index(CHANNELS) < self.axes.index(self.places[0])


@dataclass
class Reading:
    """Steps and values so far."""

    computed: Computed
    values: dict[str, Value]
    steps: dict[str, Step] = field(default_factory=dict)
    flattened: set[bool] = field(default_factory=set)  # whether channels came first where values were flattened
    #: of nodes that may be a part of an activation: what they start from, and what they give for some numbers
    expressions: dict[str, Mapping[str, np.ndarray]] = field(default_factory=dict)


@dataclass(frozen=True)
class OnnxNode:
    """A node with its attributes, while it is translated."""

    name: str
    kind: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attributes: Mapping[str, Any]
    reading: Reading

    def get(self, name: str, otherwise: Any = None) -> Any:
        """An attribute."""
        return self.attributes.get(name, otherwise)

    def require(self, **values: Any) -> None:
        """Raises Unknown unless the attributes have these values, where they are there."""
        for name, value in values.items():
            if (found := self.attributes.get(name, value)) != value:
                raise Unknown(f"{name}: {found} has no counterpart; only {value}")

    def value(self, place: int = 0) -> Value:
        """An input that depends on samples; raises Unknown for a constant."""
        if place >= len(self.inputs) or self.inputs[place] not in self.reading.values:
            raise Unknown(f"its input {place} has no counterpart")
        return self.reading.values[self.inputs[place]]

    def constant(self, place: int) -> np.ndarray | None:
        """An input that is the same for all samples; None where it is left out."""
        if place >= len(self.inputs) or not self.inputs[place]:
            return None
        if not self.reading.computed.is_constant(self.inputs[place]):
            raise Unknown(f"its input {place} depends on samples")
        return np.asarray(self.reading.computed.arrays[self.inputs[place]])

    def tensor(self, place: int, change: Callable[[np.ndarray], np.ndarray] = np.asarray) -> Tensor:
        """A constant as a tensor of a layer; raises Unknown where it is left out."""
        array = self.constant(place)
        if array is None:
            raise Unknown(f"has no input {place}")
        return Tensor(self.inputs[place], np.asarray(change(array), np.float32))

    def shape(self, place: int = 0) -> tuple[int, ...]:
        """The shape of an input in the file, the batch included."""
        return self.reading.computed.arrays[self.inputs[place]].shape

    @property
    def made_shape(self) -> tuple[int, ...]:
        """The shape of the first output in the file."""
        return self.reading.computed.arrays[self.outputs[0]].shape

    def add(self, made: Sequence[Layer] | Merge, takes: Sequence[Value], axes: Axes, place: int = 0) -> None:
        """A new step, whose value is one of the outputs."""
        self.reading.steps[self.name] = Step(self.name, tuple(value.step for value in takes), made)
        self.name_value(Value(self.name, axes), place)

    def name_value(self, value: Value, place: int = 0) -> None:
        """An output that is a value already known, perhaps with other axes."""
        self.reading.values[self.outputs[place]] = value

    def change_layer(self, value: Value, change: Callable[[Layer], Layer | None]) -> bool:
        """Change the last layer of the step that made a value, which nothing but this node may read."""
        step = self.reading.steps.get(value.step)
        if step is None or isinstance(step.made, Merge) or not step.made or self._is_read_elsewhere(value):
            return False
        changed = change(step.made[-1])
        if changed is None:
            return False
        self.reading.steps[value.step] = replace(step, made=[*step.made[:-1], changed])
        return True

    def _is_read_elsewhere(self, value: Value) -> bool:
        names = [name for name, known in self.reading.values.items() if known.step == value.step]
        nodes = [node for node in self.reading.computed.nodes if set(names) & set(node.input)]
        others = [
            node
            for node in nodes
            if not set(node.output) & set(self.reading.values) and node.output[0] != self.outputs[0]
        ]
        return bool(others) or self.reading.computed.output in names


Translate = Callable[[OnnxNode], None]
TABLE: dict[str, Translate] = {}


def translates(*operators: str) -> Callable[[Translate], Translate]:
    """Decorator: the function translates these operators."""

    def enter(function: Translate) -> Translate:
        TABLE.update(dict.fromkeys(operators, function))
        return function

    return enter


def require_channels_first(node: OnnxNode) -> Value:
    """The value that a node takes; raises Unknown unless it is (N, channels, places…)."""
    value = node.value()
    if value.axes != (BATCH, CHANNELS, *range(len(value.axes) - 2)):
        raise Unknown("takes axes in an order that has no counterpart")
    return value


#: operators that tell where the channels of the values are that they take
_CHANNELS_FIRST = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "BatchNormalization", "GlobalAveragePool")
_CHANNELS_LAST = ("MatMul", "LayerNormalization")


def input_value(computed: Computed) -> Value:
    """What the axes of the input are: of images channels come first, unless what reads them says otherwise."""
    places = computed.arrays[computed.input].ndim - 2
    if not places:
        return Value(INPUT, (BATCH, CHANNELS))
    name, kind = computed.input, ""
    while node := next((node for node in computed.nodes if name in node.input), None):
        name, kind = node.output[0], node.op_type
        if kind == "Transpose" or kind in (*_CHANNELS_FIRST, *_CHANNELS_LAST):
            break
    order = next((list(one.ints) for one in node.attribute if one.name == "perm"), None) if node else None
    exchanged = order == [0, places + 1, *range(1, places + 1)]
    last = exchanged or kind in _CHANNELS_LAST or (places == 1 and kind not in _CHANNELS_FIRST)
    return Value(INPUT, (BATCH, *range(places), CHANNELS) if last else (BATCH, CHANNELS, *range(places)))
