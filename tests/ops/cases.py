"""The contract table: every op with inputs small enough to check each element. A new op needs a row here.

The reference kernels are checked beside this file, the cpu kernels against them in `tests.contract`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dltool.ops.graph import Graph, Node, Value
from dltool.ops.op import StepRecord

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

    def __str__(self) -> str:
        attributes = ",".join(f"{name}={value}" for name, value in self.attributes.items())
        return f"{self.op}{[list(i.shape) for i in self.inputs]}{attributes}".replace(" ", "")

    def resized(self, widths: Sequence[int]) -> Case:
        """The same op with other numbers of channels, taken from `widths`; equal ones stay equal."""
        if {"shape", "start"} & self.attributes.keys():
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
        return StepRecord(step=3, epoch=2, position=5 * batch, rows=rows, scale=1 / (rows + 2), scalars=self.scalars)

    def arrays(self, batch: int, float_type: str) -> dict[str, np.ndarray]:
        """Data and states by name, with the upstream gradient "dy" and the targets, whose number rules the order."""
        generator = np.random.default_rng(1)
        drawn = {f"input_{i}": given.draw(generator, batch, float_type) for i, given in enumerate(self.inputs)}
        drawn["target"] = np.zeros((batch, 1), dtype=float_type)
        graph, _, _ = self.build()
        if "dy" in graph.values:
            drawn["dy"] = generator.normal(size=(batch, *graph.values["dy"].shape)).astype(float_type)
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
        for value in inputs:
            value.needs_gradient = True
        graph.apply(self.op, *inputs, **self.attributes)
        node = graph.nodes[-1]
        if self.loss:
            graph.apply("mean_loss", node.outputs[0])
        if not self.gradients:
            return graph, node, ()
        upstream: list[Value | None] = [None] * len(node.outputs)
        if not self.loss:
            upstream[0] = graph.apply("gather", graph.data("dy", node.outputs[0].shape), rows)
        graph.part = "backward"
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


POSITIVE = {"low": 0.1, "high": 2.0}
ROW_NUMBERS = Input((), 0, ROWS_OF_DATA, "int64")


def _activations() -> list[Case]:
    plain = ["selu", "gelu", "gelu_tanh", "silu", "tanh", "sigmoid", "softplus"]
    cases = [Case(name, (rows(3, 4),), gradients=(0,), kink=name == "selu") for name in plain]
    cases += [
        Case("relu", (rows(17),), gradients=(0,), kink=True),
        Case("leaky_relu", (rows(5),), {"slope": 0.3}, gradients=(0,), kink=True),
        Case("elu", (rows(5),), {"alpha": 0.7}, gradients=(0,), kink=True),
        Case("elu", (rows(5),), {"alpha": 0.0}, gradients=(0,), kink=True),
    ]
    return cases


def _compositions() -> list[Case]:
    return [
        Case("matmul", (rows(4), fixed(4, 3)), gradients=(0, 1)),
        Case("matmul", (rows(2, 4), fixed(4, 1)), gradients=(0, 1)),
        Case("matmul_data_gradient", (rows(3), fixed(4, 3))),
        Case("matmul_data_gradient", (rows(2, 1), fixed(4, 1))),
        Case("add_bias", (rows(5), fixed(5)), gradients=(0, 1)),
        Case("add_bias", (rows(2, 3), fixed(3)), gradients=(0, 1)),
        Case("add", (rows(2, 3), rows(2, 3)), gradients=(0, 1)),
        Case("multiply", (rows(3), rows(3))),
        Case("concat", (rows(3), rows(1), rows(17)), gradients=(0, 1, 2)),
        Case("concat", (rows(2, 3), rows(2, 2)), gradients=(0, 1)),
        Case("take", (rows(2, 5),), {"start": 1, "size": 3}),
        Case("take", (rows(2, 40),), {"start": 15, "size": 17}),
        Case("take", (rows(50),), {"start": 16, "size": 33}),
        Case("dropout", (rows(3, 18),), {"rate": 0.4, "stream": 2, "key": 7 << 33}, gradients=(0,)),
        Case("dropout", (rows(1),), {"rate": 0.0, "stream": 1}, gradients=(0,)),
        Case("dropout", (rows(5),), {"rate": 0.5, "stream": 1, "key": 2**64 - 1}, gradients=(0,)),
        Case("reshape", (rows(2, 3),), {"shape": (6,)}, gradients=(0,)),
        Case("reshape", (rows(6),), {"shape": (3, 1, 2)}, gradients=(0,)),
        Case("reshape", (rows(3, 17),), {"shape": (51,)}, gradients=(0,)),
        Case("reshape", (rows(2, 16),), {"shape": (32, 1)}, gradients=(0,)),
        Case("softmax", (rows(5),), gradients=(0,)),
        Case("softmax", (rows(2, 3),), gradients=(0,)),
    ]


def _embeddings() -> list[Case]:
    return [
        Case("embed", (codes(1, 5), ROW_NUMBERS, fixed(5, 3)), {"start": 0, "length": 1}, gradients=(2,)),
        Case("embed", (codes(3, 20), ROW_NUMBERS, fixed(20, 17)), {"start": 1, "length": 2}, gradients=(2,)),
        Case("embed", (codes(9, 40), ROW_NUMBERS, fixed(40, 32)), {"start": 2, "length": 7}, gradients=(2,)),
        Case("embed", (codes(2, 1), ROW_NUMBERS, fixed(1, 1)), {"start": 0, "length": 2}, gradients=(2,)),
        Case("embed_gradient", (codes(4, 18), ROW_NUMBERS, rows(16)), {"start": 0, "length": 4, "size": 18}),
        Case("embed_gradient", (codes(1, 1), ROW_NUMBERS, rows(33)), {"start": 0, "length": 1, "size": 1}),
        Case("one_hot", (codes(3, 5), ROW_NUMBERS), {"start": 1, "size": 5}),
        Case("one_hot", (codes(1, 17), ROW_NUMBERS), {"start": 0, "size": 17}),
    ]


def _losses() -> list[Case]:
    logits, numbers = rows(5), (rows(3), rows(3))
    weights, batch_weight = fixed(5, **POSITIVE), fixed(**POSITIVE)
    smooth = {"smoothing": 0.1}
    return [
        Case("cross_entropy", (logits, labels(5)), gradients=(0,), loss=True),
        Case("cross_entropy", (logits, labels(5)), smooth, gradients=(0,), loss=True),
        Case("cross_entropy", (logits, labels(5), weights), smooth, gradients=(0,), loss=True),
        Case("cross_entropy", (logits, labels(5), weights, batch_weight), smooth, gradients=(0,), loss=True),
        Case("batch_weight", (labels(5), weights)),
        Case("binary_cross_entropy", (rows(3), rows(3, low=0, high=1)), gradients=(0,), loss=True),
        Case(
            "binary_cross_entropy", (rows(3), rows(3, low=0, high=1), fixed(3, **POSITIVE)), gradients=(0,), loss=True
        ),
        Case("mse", numbers, gradients=(0,), loss=True),
        Case("mae", numbers, gradients=(0,), loss=True, kink=True),
        Case("huber", numbers, {"delta": 0.8}, gradients=(0,), loss=True),
    ]


def _normalizations() -> list[Case]:
    running = (fixed(3), fixed(3, **POSITIVE))
    return [
        Case("layer_norm", (rows(5), fixed(5), fixed(5)), {"eps": 1e-3}, gradients=(0, 1, 2)),
        Case("layer_norm", (rows(2, 3), fixed(3), fixed(3)), gradients=(0, 1, 2)),
        Case("batch_norm", (rows(3), fixed(3), fixed(3), *running), {"eps": 1e-3}, gradients=(0, 1, 2)),
        Case("batch_norm", (rows(2, 2, 3), fixed(3), fixed(3), *running), {"unbiased": 1}, gradients=(0, 1, 2)),
        Case("batch_norm", (rows(18), fixed(18), fixed(18), fixed(18), fixed(18, **POSITIVE)), gradients=(0, 1, 2)),
        Case("batch_norm_inference", (rows(2, 3), fixed(3), fixed(3), *running), {"eps": 1e-3}),
    ]


def _updates() -> list[Case]:
    w, g, slot = fixed(3, 4), fixed(3, 4), fixed(3, 4, **POSITIVE)
    sgd = (0.1, -0.1, 1.0, 0.9, 0.01, 0.02)
    return [
        Case("sgd", (w, g), {"decays": 1}, scalars=sgd),
        Case("momentum", (w, slot, g), {"nesterov": 1, "decays": 1}, scalars=sgd),
        Case("adam", (w, slot, slot, g), {"decays": 1}, scalars=(0.1, 2.0, 0.9, 0.1, 0.999, 0.001, 1e-8, 0.01, 0.02)),
        Case("rmsprop", (w, slot, g), scalars=(0.1, 0.9, 1e-7, 1e-8, 0.01, 0.02)),
        Case("adagrad", (w, slot, g), scalars=(0.1, 1e-7, 1e-8, 0.01, 0.02)),
        Case("lion", (w, slot, g), {"decays": 1}, scalars=(0.1, 0.9, 0.99, 0.01, 0.02)),
        Case("average", (w, slot), {"decay": 0.9}),
        Case("accumulate", (g, slot)),
        Case("clip_value", (g,), {"limit": 0.5}),
        Case("square_sum", (g,)),
        Case("square_sum", (fixed(4),)),
        Case("clip_scale", (fixed(4, **POSITIVE), fixed(1, **POSITIVE)), {"limit": 0.5, "eps": 1e-6}),
        Case("scale_gradient", (g, fixed())),
    ]


def _batches() -> list[Case]:
    return [
        Case("order", (), {"shuffle": 1, "key": 5}),
        Case("order", (), {"shuffle": 1, "key": 2**64 - 3}),
        Case("order", ()),
        Case("gather", (resident(2, 3), ROW_NUMBERS)),
        Case("gather_scaled", (resident(2, 3, dtype="uint8", high=256), ROW_NUMBERS, fixed(3), fixed())),
        Case("draw", (resident(high=1), resident(dtype="int32", high=ROWS_OF_DATA)), {"key": 9 << 40}),
        Case("gather_labels", (resident(dtype="int64", high=10), ROW_NUMBERS)),
        Case("gather_targets", (resident(2), ROW_NUMBERS)),
        Case("collect", (rows(2, 3),)),
    ]


CASES = [*_activations(), *_compositions(), *_embeddings(), *_losses(), *_normalizations(), *_updates(), *_batches()]
