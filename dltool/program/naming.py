"""What the positions along the axes of parameters stand for: columns, words, classes; nothing for hidden units.

The names of the inputs flow forward, those of the outputs backward, along the last axis of every value, up to the
products that mix them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dltool.config.experiment import Experiment
from dltool.data.preprocessing.position_names import Names
from dltool.data.samples.signature import Signature
from dltool.layers.layer import build_layers
from dltool.ops.arithmetic import Concat
from dltool.ops.embedding import Embedding
from dltool.ops.graph import Graph, Node, Value
from dltool.ops.reshape import Reshape
from dltool.program.building import empty_graph
from dltool.program.features import Columns, first_value

#: the name of each position along one axis, or None where they have no names
Axis = tuple[str, ...] | None
#: parameters and running statistics, and the names along each of their axes
NamedAxes = Mapping[str, tuple[Axis, ...]]


def named_axes(experiment: Experiment, signature: Signature, names: Names) -> NamedAxes:
    """The names along the axes of all that the network of a config starts with."""
    graph = empty_graph(experiment, signature, training=True)
    with graph.part("batch"):
        rows = graph.apply("order", rows_total=0, shuffle=0, key=0)
    first = first_value(graph, signature, rows, experiment.model)
    if signature.task == "tokens":
        first, _ = graph.apply("next_tokens", first)
        first.vocabulary = graph.outputs
    if signature.task == "inputs":
        graph.outputs = experiment.loss.outputs(first.spec.size)
    last = build_layers(graph, experiment.model, first)
    naming = _Naming(graph)
    for column, of_column in names.codes.items():
        naming.name_axis(graph.values.get(f"features.{column}.weight"), 0, tuple(of_column))
    given = graph.inputs.made if isinstance(graph.inputs, Columns) else {}
    words: dict[Value, Axis] = {value: tuple(names.codes[one[0]]) for value, one in given.items() if value.vocabulary}
    if signature.task == "tokens":
        words[first] = tuple(names.outputs)
    naming.forward({value: _joined(names, columns) for value, columns in given.items()}, words)
    naming.backward(last, _outputs(names.outputs, last))
    return {name: tuple(axes) for name, axes in naming.axes.items()}


def _joined(names: Names, columns: Sequence[str]) -> Axis:
    """The names of all that some columns give, or of the last axis of arrays."""
    if columns:
        return tuple(name for column in columns for name in names.columns[column])
    return None if names.inputs is None else tuple(names.inputs)


def _outputs(names: Sequence[str], last: Value) -> Axis:
    """Of two classes a single output tells one from the other."""
    if last.shape[-1:] == (1,) and len(names) == 2:
        return (f"{names[1]}, not {names[0]}",)
    return tuple(names) if last.shape[-1:] == (len(names),) else None


class _Naming:
    """The names that have been found so far."""

    def __init__(self, graph: Graph):
        self._graph = graph
        kept = (value for value in graph.values.values() if value.role in ("parameter", "state"))
        self.axes: dict[str, list[Axis]] = {value.name: [None] * len(value.shape) for value in kept}
        self._of: dict[Value, Axis] = {}  # along the last axis of values

    def name_axis(self, value: Value | None, axis: int, names: Axis) -> None:
        """Names along an axis of a parameter, unless it has other positions or had names before."""
        axes = self.axes.get(value.name) if value else None
        if value and axes and names and value.shape[axis] == len(names) and axes[axis] is None:
            axes[axis] = names

    def forward(self, given: Mapping[Value, Axis], words: Mapping[Value, Axis]) -> None:
        """From what the network gets up to the first products; `words` are those that codes stand for."""
        self._of |= given
        for node in self._graph.nodes:
            if node.part == "batch" or given.keys() & set(node.outputs):
                continue
            if node.op is Embedding:
                self.name_axis(node.inputs[1], 0, words.get(node.inputs[0]))
            elif axes := _mixed_axes(node):
                self.name_axis(node.inputs[1], axes[0], self._of.get(node.inputs[0]))
                continue
            for output in node.outputs:
                self._of[output] = self._passed(node, output)
                self._name_parameters(node, self._of[output])

    def backward(self, last: Value, names: Axis) -> None:
        """From the prediction back to the last products."""
        wanted: dict[Value, Axis] = {last: names}
        for node in reversed(self._graph.nodes):
            found = next((wanted[output] for output in node.outputs if wanted.get(output)), None)
            if found is None:
                continue
            if axes := _mixed_axes(node):
                self.name_axis(node.inputs[1], axes[1], found)
                continue
            self._name_parameters(node, found)
            start = 0
            for value in node.inputs:
                length = value.shape[-1] if value.shape and value.name not in self.axes else 0
                part = found[start : start + length] if node.op is Concat else found
                wanted[value] = part if length == len(part) else None
                start += length

    def _passed(self, node: Node, output: Value) -> Axis:
        """The names along the last axis of an output, by those of the inputs."""
        op, x = node.op, node.inputs[0]
        if op is Concat:
            pieces = [self._of.get(value) for value in node.inputs]
            if not any(pieces):
                return None
            widths = [value.shape[-1] for value in node.inputs]
            return tuple(
                name
                for number, (names, width) in enumerate(zip(pieces, widths, strict=True), 1)
                for name in names or (f"unit {i} of {width} in branch {number}" for i in range(1, width + 1))
            )
        if op is Reshape and x.shape[-1:] != output.shape[-1:]:
            return _flattened(x, self._of.get(x)) if len(output.shape) == 1 else None
        length = output.shape[-1] if output.shape else 0
        return next((names for value in node.inputs if (names := self._of.get(value)) and len(names) == length), None)

    def _name_parameters(self, node: Node, names: Axis) -> None:
        for value in node.inputs:
            self.name_axis(value, -1, names)


def _mixed_axes(node: Node) -> tuple[int, int] | None:
    """The input and output axes of the weights of a product that mixes channels; None for other ops."""
    axes = node.op.weight_axes
    return axes if axes and axes[0] != axes[1] else None


def _flattened(value: Value, names: Axis) -> tuple[str, ...]:
    """Names for all elements of images or series: the same only where shapes are the same."""
    channels = names or tuple(f"channel {i}" for i in range(1, value.shape[-1] + 1))
    shape = " × ".join(map(str, value.shape if names is None else value.shape[:-1]))
    places = range(1, value.spec.size // value.shape[-1] + 1)
    return tuple(f"{channel} at place {place} of {shape}" for place in places for channel in channels)
