"""The network as a list of ops over named values, in the order in which they can run.

Layers and losses write the forward part by `Graph.apply`, gradient rules append the backward part, optimizers the
update. Nothing here knows of buffers, blocks or threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from dltool.ops.op import Op, Spec, find_op
from dltool.patterns import fits

#: (shape, generator) → initial values
Initial = Callable[[tuple[int, ...], np.random.Generator], np.ndarray]

#: what a node is for
Part = Literal["batch", "forward", "backward", "update"]

#: activation: made by a node, alive within a step · data: memory-resident samples or labels, one row a sample ·
#: parameter: trained, unless it is frozen · state: survives steps but is not trained (running statistics, optimizer
#: slots, averages) · memory: a state that no checkpoint holds · constant: fixed at building · total: a gradient added
#: up over the micro-batches of one update
Role = Literal["activation", "data", "parameter", "state", "memory", "constant", "total"]


@dataclass(eq=False)
class Value:
    """Something an op reads or writes; `producer` is None for what exists before the step."""

    name: str
    spec: Spec
    role: Role = "activation"
    producer: Node | None = None
    initial: Initial | None = None  # parameters, states (None: starts as the parameter it is `of`) and constants
    decay: bool = False  # weight decay applies (matrices, not biases)
    of: Value | None = None  # the parameter that a slot or an average belongs to
    needs_gradient: bool = False  # it is a parameter that is trained, or one lies upstream
    lengths: Value | None = None  # of sequences (steps, …): how many steps of each sample are no padding; None: all
    vocabulary: int | None = None  # of integers: how many different ones there are

    @property
    def shape(self) -> tuple[int, ...]:
        """Logical shape, without the batch axis."""
        return self.spec.shape

    @property
    def frozen(self) -> bool:
        """A parameter that keeps its values."""
        return self.role == "parameter" and not self.needs_gradient

    def __repr__(self) -> str:
        return f"{self.name}{list(self.shape)}"


@dataclass(eq=False)
class Node:
    """One op applied; `outputs` are new values, `updated` are inputs it overwrites."""

    op: type[Op]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    attributes: Mapping[str, Any]
    layer: str  # path of the layer (or "loss", "update", "batch") that asked for it
    part: Part = "forward"
    epilogue: tuple[Node, ...] = field(default=())  # nodes fused into this one, in order
    inner: frozenset[Value] = frozenset()  # values that fusion left inside: computed, but stored nowhere
    after: tuple[Value, ...] = ()  # values that must exist before, so that this node does not run too early
    per_update: bool = False  # runs only in the last micro-batch of an update

    @property
    def updated(self) -> tuple[Value, ...]:
        """The inputs that this node overwrites."""
        return self.op.updated(self.inputs)

    @property
    def reads(self) -> tuple[Value, ...]:
        """What must exist before this node runs, its epilogue included."""
        own = {*self.inner, *self.outputs}
        return (*self.inputs, *(value for node in self.epilogue for value in node.inputs if value not in own))

    def __repr__(self) -> str:
        return f"{', '.join(map(repr, self.outputs))} = {self.op.yaml_name}({', '.join(map(repr, self.inputs))})"


@dataclass(frozen=True)
class BuiltLayer:
    """One layer as it was built, for the table of the network."""

    path: str
    kind: str
    input: Spec
    output: Spec


@dataclass(frozen=True)
class Window:
    """Where a window of time series (rows, columns) shows the past of what is to be predicted.

    In the units that targets are trained in, a number x of the window is x · factor + offset, (targets,) both.
    """

    rows: int  # of the past; behind them are those of the horizon, if something is known of these
    past: int  # columns that are only known of the past; behind them are all others
    targets: tuple[int, ...]  # the columns to predict
    factor: np.ndarray
    offset: np.ndarray
    obstacle: tuple[str, str] | None = None  # why targets cannot be had from it, and what to do


class Graph:
    """Nodes in running order, and the values they connect."""

    def __init__(
        self,
        *,
        training: bool,
        outputs: int = 1,
        output_kind: Literal["classes", "targets"] | None = None,
        compat: str | None = None,
        frozen: Sequence[str] = (),
        rows: int = 1,
        context: int | None = None,
        window: Window | None = None,
    ):
        self.training = training
        self.outputs = outputs  # classes of a classifier, else the number of targets
        self.output_kind = output_kind  # which of the two; None where it does not matter
        self.compat = compat
        self.frozen = frozen  # patterns of the names of parameters that keep their values
        self.rows = rows  # largest batch
        self.context = context  # of a sequence that is made step by step, its longest length; None: all steps at once
        self.window = window  # what a sample is, where it is one of time series
        self.nodes: list[Node] = []
        self.values: dict[str, Value] = {}
        self.layers: list[BuiltLayer] = []
        self.warnings: list[str] = []
        self.inputs: Mapping[str, Value] = {}  # what the columns of a table give, by their names
        self.table: Value | None = None  # stands for all of these, where layers take them by name
        self.carries = False  # layers remember the batch before, so that each must continue it
        self._part: Part = "forward"
        self._streams = 0
        self._scope: list[str] = []
        self._children: dict[str, Counter[str]] = {}

    @property
    def layer(self) -> str:
        """Path of the layer being built, such as "residual_1.dense_2"."""
        return ".".join(self._scope)

    @contextmanager
    def scope(self, kind: str, name: str | None = None) -> Iterator[None]:
        """Everything added inside belongs to a layer called `name`, else `kind_1`, `kind_2`, …"""
        if name is None:
            siblings = self._children.setdefault(self.layer, Counter())
            siblings[kind] += 1
            name = f"{kind}_{siblings[kind]}"
        self._scope.append(name)
        try:
            yield
        finally:
            self._scope.pop()

    def data(self, name: str, shape: tuple[int, ...], dtype: str = "float32") -> Value:
        """Memory-resident samples: one row of `shape` for each."""
        return self._add(Value(name, Spec(shape, batched=True, dtype=dtype), "data"))

    def parameter(self, name: str, shape: tuple[int, ...], initial: Initial, *, decay: bool) -> Value:
        """An array of the layer being built, trained unless it is frozen; `decay`: weight decay applies to it."""
        spec = Spec(shape, batched=False)
        path = self._path(name)
        trained = not fits(self.frozen, path)
        return self._add(Value(path, spec, "parameter", initial=initial, decay=decay, needs_gradient=trained))

    def state(self, name: str, shape: tuple[int, ...], initial: Initial | None, *, of: Value | None = None) -> Value:
        """An array that survives steps without being trained: a running statistic, or a slot `of` a parameter."""
        path = f"{of.name}.{name}" if of else self._path(name)
        return self._add(Value(path, Spec(shape, batched=False), "state", initial=initial, of=of))

    def memory(self, name: str, shape: tuple[int, ...]) -> Value:
        """What a layer remembers from one step to the next, zeros first.

        In training it is a state, so that a run can be resumed; that of an evaluation has a name of its own.
        """
        zeros: Initial = lambda shape, _: np.zeros(shape)  # noqa: E731
        if self.training:
            return self.state(name, shape, zeros)
        path = f"{self._path(name)}.memory"
        return self._add(Value(path, Spec(shape, batched=False), "memory", initial=zeros))

    def constant(self, name: str, array: np.ndarray) -> Value:
        """A fixed array, such as class weights."""
        values = np.asarray(array, dtype=np.float64)
        spec = Spec(values.shape, batched=False)
        return self._add(Value(self._path(name), spec, "constant", initial=lambda shape, generator: values))

    def total(self, of: Value, name: str = "total") -> Value:
        """Where what belongs to a parameter or statistic adds up over the micro-batches of an update."""
        return self._add(Value(f"{of.name}.{name}", of.spec, "total", of=of))

    @contextmanager
    def part(self, part: Part) -> Iterator[None]:
        """Everything added inside is for one part of the step; outside it is for the forward."""
        previous, self._part = self._part, part
        try:
            yield
        finally:
            self._part = previous

    @contextmanager
    def inside(self, layer: str) -> Iterator[None]:
        """Everything added inside belongs to a layer that was built before."""
        previous, self._scope = self._scope, [layer] if layer else []
        try:
            yield
        finally:
            self._scope = previous

    def apply(self, op_name: str, *inputs: Value, **attributes: Any) -> Any:
        """Append an op; returns its output, or a tuple of them, or None where it only updates its inputs."""
        op, attributes = find_op(op_name).variant(*inputs, **attributes)
        specs = op.shape(*inputs, **attributes)
        node = Node(op, inputs, (), attributes, self.layer, self._part)
        names = [op_name] if len(specs) == 1 else [f"{op_name}.{i}" for i in range(len(specs))]
        needs_gradient = self._part == "forward" and any(value.needs_gradient for value in inputs)
        node.outputs = tuple(
            self._add(Value(self._unique(self._path(name)), spec, producer=node, needs_gradient=needs_gradient))
            for name, spec in zip(names, specs, strict=True)
        )
        self.nodes.append(node)
        return None if not node.outputs else node.outputs[0] if len(node.outputs) == 1 else node.outputs

    @contextmanager
    def before(self, node: Node) -> Iterator[None]:
        """Everything added inside runs just before a node, for the same layer and the same part of the step."""
        with self._at(self.nodes.index(node)), self.part(node.part), self.inside(node.layer):
            yield

    @contextmanager
    def after(self, node: Node) -> Iterator[None]:
        """Everything added inside runs just after a node."""
        with self._at(self.nodes.index(node) + 1):
            yield

    @contextmanager
    def _at(self, place: int) -> Iterator[None]:
        self.nodes, rest = self.nodes[:place], self.nodes[place:]
        try:
            yield
        finally:
            self.nodes += rest

    def replace(self, node: Node, *values: Value) -> None:
        """Have what makes `values` make the outputs of a node in its stead; that node is gone."""
        for value, output in zip(values, node.outputs, strict=True):
            maker = value.producer
            assert maker is not None
            del self.values[value.name]
            maker.outputs = tuple(output if made is value else made for made in maker.outputs)
            output.producer = maker
        self.nodes.remove(node)

    def remove(self, nodes: Sequence[Node]) -> None:
        """Take out nodes whose outputs nothing reads."""
        self.nodes = [node for node in self.nodes if node not in nodes]
        for node in nodes:
            for value in node.outputs:
                self.values.pop(value.name, None)

    def random_stream(self) -> int:
        """A number that no other random op of this network has."""
        self._streams += 1
        return self._streams

    def parameters(self) -> list[Value]:
        """Trained and frozen ones, in the order of their creation."""
        return [value for value in self.values.values() if value.role == "parameter"]

    @property
    def persistent(self) -> list[Value]:
        """Values that outlive a step: parameters, states, constants and accumulated gradients."""
        return [v for v in self.values.values() if v.role not in ("activation", "data")]

    @property
    def saved(self) -> list[Value]:
        """What a checkpoint holds."""
        return [v for v in self.values.values() if v.role in ("parameter", "state")]

    def _path(self, name: str) -> str:
        return f"{self.layer}.{name}" if self._scope else name

    def _unique(self, name: str) -> str:
        count = 1
        unique = name
        while unique in self.values:
            count += 1
            unique = f"{name}#{count}"
        return unique

    def _add(self, value: Value) -> Value:
        if value.name in self.values:
            raise ValueError(f"two values are named '{value.name}'")
        self.values[value.name] = value
        return value
