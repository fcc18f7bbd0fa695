"""A row of the contract table: an op at work, on inputs small enough to check each element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dltool.kernels.geometry import Geometry
from dltool.ops.graph import Graph, Node, Value
from dltool.ops.op import StepRecord
from dltool.ops.windows import window

ROWS_OF_DATA = 7  # what memory-resident data has, whatever the batch


@dataclass(frozen=True)
class Input:
    """An input and the range that its elements are drawn from; `resident` data is no batch but what one is taken of."""

    shape: tuple[int, ...] = ()
    low: float = -2.0
    high: float = 2.0
    dtype: str = "float32"
    batched: bool = True
    resident: bool = False
    integers: bool = False  # codes that flow through the network as they are

    def draw(self, generator: np.random.Generator, batch: int, float_type: str) -> np.ndarray:
        rows = ROWS_OF_DATA if self.resident else batch
        shape = (rows, *self.shape) if self.batched else self.shape
        if self.dtype == "float32":
            return generator.uniform(self.low, self.high, shape).astype(float_type)
        return generator.integers(int(self.low), int(self.high), shape).astype(self.dtype)

    def feed(self, graph: Graph, name: str, rows: Value) -> Value:
        """The value that the op reads: what a batch is made of is gathered, as in every program."""
        if not self.batched:
            return graph.state(name, self.shape, initial=None)
        data = graph.data(name, self.shape, self.dtype)
        if self.resident:
            return data
        if self.integers:
            return graph.apply("gather_codes", data, rows)
        if self.dtype == "int32":
            return graph.apply(
                "table_indices", data, rows, fields=tuple((i, int(self.high), 0) for i in range(*self.shape))
            )
        return graph.apply("gather" if self.dtype == "float32" else "gather_labels", data, rows)

    def resized(self, sizes: Mapping[int, int]) -> Input:
        """The same with other sizes: of the last axis, of all axes of a parameter, or of what a label counts."""
        if self.dtype in ("int32", "int64"):
            return self if self.resident else replace(self, high=sizes.get(int(self.high), self.high))
        kept = len(self.shape) - 1 if self.batched else 0
        return replace(self, shape=(*self.shape[:kept], *(sizes[size] for size in self.shape[kept:])))


@dataclass(frozen=True)
class Case:
    """One op at work; `gradients` numbers the inputs that its gradient rule serves."""

    op: str
    inputs: tuple[Input, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    gradients: tuple[int, ...] = ()
    kink: bool = False  # the slope jumps where the first input (of a loss: prediction − target) is 0
    loss: bool = False  # the gradient rule takes no upstream gradient: it starts from the mean over the batch
    scalars: tuple[float, ...] = ()
    shard: tuple[int, int] = (0, 1)  # its number, and how many there are
    rigid: bool = False  # the attributes allow no other number of channels
    through: tuple[str, ...] = ()  # ops that make of the inputs what the op reads, one for each, "" for none

    def __str__(self) -> str:
        attributes = ",".join(f"{name}={value}" for name, value in self.attributes.items())
        return f"{self.op}{[list(i.shape) for i in self.inputs]}{attributes}".replace(" ", "")

    def resized(self, widths: Sequence[int]) -> Case:
        """The same op with other numbers of channels, taken from `widths`; equal ones stay equal."""
        if (
            self.rigid
            or {"shape", "start", "fields", "place"} & self.attributes.keys()
            or "sum_table_products" in self.op
        ):
            return self
        own = dict.fromkeys(
            size
            for given in self.inputs
            if given.dtype not in ("int32", "int64")
            for size in given.shape[len(given.shape) - 1 if given.batched else 0 :]
        )
        sizes = {size: widths[i % len(widths)] for i, size in enumerate(own)}
        return replace(self, inputs=tuple(given.resized(sizes) for given in self.inputs))

    def step(self, batch: int, rows: int | None = None) -> StepRecord:
        """A step on the first `rows` of `batch` samples: the position is a multiple of these, so they come in order."""
        rows = rows or batch
        number, count = self.shard
        scale, position = 1 / (rows + 2), 5 * batch
        return StepRecord(3, 2, position, rows, scale, scalars=self.scalars, number=number, count=count)

    def arrays(self, batch: int, float_type: str) -> dict[str, np.ndarray]:
        """Data and states by name, with the upstream gradient "dy" and the targets, whose number rules the order."""
        generator = np.random.default_rng(1)
        drawn = {f"input_{i}": given.draw(generator, batch, float_type) for i, given in enumerate(self.inputs)}
        drawn["target"] = np.zeros((batch, 1), dtype=float_type)
        graph, _, _ = self.build()
        if "dy" in graph.values:
            spec = graph.values["dy"].spec
            drawn["dy"] = generator.normal(size=(batch, *spec.shape) if spec.batched else spec.shape).astype(float_type)
        return drawn

    def rows_of(self, name: str, batch: int) -> int:
        """Rows of a batched value: data outlasts the batch."""
        resident = [f"input_{i}" for i, given in enumerate(self.inputs) if given.resident]
        return ROWS_OF_DATA if name in resident else batch

    def build(self) -> tuple[Graph, Node, tuple[Value | None, ...]]:
        """The op in a graph that gathers its inputs, with the backward of its rule, and the gradients of its inputs."""
        graph = Graph(training=True)
        rows = graph.apply("order")
        inputs = [given.feed(graph, f"input_{i}", rows) for i, given in enumerate(self.inputs)]
        for i, name in enumerate(self.through):
            if name:
                inputs[i] = graph.apply(name, inputs[i], **({"rows": 40} if name == "pair_samples" else {}))
        for value in inputs:
            value.needs_gradient = True
        graph.apply(self.op, *inputs, **self.attributes)
        node = graph.nodes[-1]
        if self.loss:
            graph.apply("mean_loss", node.outputs[0])
        if not self.gradients:
            return graph, node, ()
        upstream: list[Value] = []
        if not self.loss:
            output = node.outputs[0]
            upstream.append(Input(output.shape, batched=output.spec.batched).feed(graph, "dy", rows))
        with graph.part("backward"):
            return graph, node, node.op.gradient(graph, node, *upstream)


def rows(*shape: int, low: float = -2.0, high: float = 2.0) -> Input:
    return Input(shape, low, high)


def fixed(*shape: int, low: float = -2.0, high: float = 2.0) -> Input:
    return Input(shape, low, high, batched=False)


def labels(classes: int) -> Input:
    return Input((), 0, classes, "int64")


def resident(*shape: int, dtype: str = "float32", low: int = 0, high: int = 2) -> Input:
    return Input(shape, low, high, dtype, resident=True)


def codes(number: int, size: int) -> Input:
    return resident(number, dtype="int32", low=-1, high=size)


def picks(number: int, size: int) -> Input:
    """Rows of a matrix of number · size + 1."""
    return Input((number,), -1, size, "int32")


def integers(*shape: int, size: int) -> Input:
    """Codes for a table of that many rows; some name none."""
    return Input(shape, -1, size + 1, "int32", integers=True)


POSITIVE = {"low": 0.1, "high": 2.0}
ROW_NUMBERS = Input((), 0, ROWS_OF_DATA, "int64")


def windows(
    large: tuple[int, int],
    size: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[Any, Any] = ("valid", "valid"),
    dilation: tuple[int, int] = (1, 1),
) -> dict[str, int]:
    """The attributes of an op with windows."""
    axes = zip(large, size, stride, padding, dilation, strict=True)
    (out_height, top), (out_width, left) = (window(*axis) for axis in axes)
    return Geometry(*large, out_height, out_width, *size, *stride, *dilation, top, left)._asdict()
