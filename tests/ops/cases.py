"""The contract table: every op with inputs small enough to check each element. A new op needs a row here.

The reference kernels are checked beside this file, the cpu kernels against them in `tests.contract`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dltool.kernels.geometry import Geometry
from dltool.kernels.winograd import points
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
    rigid: bool = False  # the attributes allow no other number of channels

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
        return StepRecord(step=3, epoch=2, position=5 * batch, rows=rows, scale=1 / (rows + 2), scalars=self.scalars)

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
        Case("subtract", (rows(2, 3), rows(2, 3)), gradients=(0, 1)),
        Case("multiply", (rows(3), rows(3)), gradients=(0, 1)),
        Case("divide", (rows(2, 3), rows(2, 3, **POSITIVE)), gradients=(0, 1)),
        Case("concat", (rows(3), rows(1), rows(17)), gradients=(0, 1, 2)),
        Case("concat", (rows(2, 3), rows(2, 2)), gradients=(0, 1)),
        Case("split", (rows(2, 6),), {"parts": 3}, rigid=True),
        Case("split", (rows(3, 54),), {"parts": 2}, rigid=True),
        Case("split", (rows(64),), {"parts": 4}, rigid=True),
        Case("split_columns", (fixed(2, 3, 6),), {"parts": 2}, rigid=True),
        Case("split_columns", (fixed(5, 54),), {"parts": 3}, rigid=True),
        Case("split_columns", (fixed(3, 3, 2, 64),), {"parts": 2}, rigid=True),
        Case("join_columns", (fixed(2, 3, 3), fixed(2, 3, 3)), rigid=True),
        Case("join_columns", (fixed(19, 11), fixed(19, 11), fixed(19, 11), fixed(19, 11)), rigid=True),
        Case("join_columns", (fixed(5, 5, 20, 32), fixed(5, 5, 20, 32)), rigid=True),
        Case("scale", (rows(3, 4),), {"factor": -0.3}, gradients=(0,)),
        Case("square", (rows(3, 4),), gradients=(0,)),
        Case("exp", (rows(3, 4),), gradients=(0,)),
        Case("reciprocal_square_root", (rows(3, 4, **POSITIVE),), {"eps": 1e-3}, gradients=(0,)),
        Case("dropout", (rows(3, 18),), {"rate": 0.4, "stream": 2, "key": 7 << 33}, gradients=(0,)),
        Case("dropout", (rows(1),), {"rate": 0.0, "stream": 1}, gradients=(0,)),
        Case("dropout", (rows(5),), {"rate": 0.5, "stream": 1, "key": 2**64 - 1}, gradients=(0,)),
        Case("reshape", (rows(2, 3),), {"shape": (6,)}, gradients=(0,)),
        Case("reshape", (rows(6),), {"shape": (3, 1, 2)}, gradients=(0,)),
        Case("reshape", (rows(3, 17),), {"shape": (51,)}, gradients=(0,)),
        Case("reshape", (rows(2, 16),), {"shape": (32, 1)}, gradients=(0,)),
        Case("reshape", (rows(2, 3, 32),), {"shape": (4, 48)}, gradients=(0,)),
        Case("reshape", (rows(1, 2, 17),), {"shape": (2, 17)}, gradients=(0,)),
        Case("softmax", (rows(5),), gradients=(0,)),
        Case("softmax", (rows(2, 3),), gradients=(0,)),
    ]


def _broadcasts() -> list[Case]:
    cases: list[Case] = []
    for shape, *others in [
        ((3,), fixed(3), rows(1)),
        ((17,), fixed(17), rows(1), fixed(1)),
        ((4, 33), fixed(33), rows(4, 1), rows(1, 33), rows(1, 1), fixed(1), fixed(4, 33), fixed(4, 1)),
        ((3, 2, 5), rows(1, 1, 5), rows(3, 2, 1), rows(3, 1, 1), rows(1, 2, 5), rows(3, 1, 5), fixed(2, 5)),
        ((2, 1, 3, 16), rows(1, 1, 1, 16), rows(2, 1, 1, 1), fixed(2, 1, 1, 16), fixed(3, 16)),
        ((3, 1), rows(1, 1)),
    ]:
        for other in others:
            cases.append(Case("multiply", (rows(*shape), other), gradients=(0, 1), rigid=True))
            divisor = replace(other, low=1.0)
            cases.append(Case("divide", (rows(*shape), divisor), gradients=(0, 1), rigid=True))
        for op in ("add", "subtract"):
            cases += [Case(op, (rows(*shape), other), gradients=(0, 1), rigid=True) for other in others[:2]]
    cases.append(Case("multiply", (rows(2, 3), fixed()), rigid=True))
    return cases


def _reductions() -> list[Case]:
    cases: list[Case] = []
    for shape, *reduced in [
        ((17,), (0,)),
        ((1,), (-1,)),
        ((5, 33), (-1,), (0,), (0, 1)),
        ((6, 3, 16), (0, 1), (0,), (1,), (1, 2), (0, 1, 2), (0, 2)),
        ((2, 3, 2, 3), (1, 2), (1,), ()),
    ]:
        for over in reduced:
            for op in ("sum", "mean"):
                cases.append(Case(op, (rows(*shape),), {"over": over}, gradients=(0,), rigid=True))
    cases += [
        Case("broadcast", (rows(1, 3),), {"axes": ((4, 1), (3, 3))}, gradients=(0,), rigid=True),
        Case("broadcast", (rows(2, 1),), {"axes": ((2, 2), (33, 1))}, gradients=(0,), rigid=True),
    ]
    return cases


def _moves() -> list[Case]:
    cases: list[Case] = []
    for shape, axis, start, size in [
        ((2, 5), -1, 1, 3),
        ((2, 40), -1, 15, 17),
        ((50,), 0, 16, 33),
        ((5, 17), 0, 1, 3),
        ((4, 3, 2), 0, 2, 2),
        ((4, 3, 2), 1, 0, 1),
        ((3, 16), 1, 0, 16),
    ]:
        attributes = {"axis": axis, "start": start, "size": size}
        cases.append(Case("slice", (rows(*shape),), attributes, gradients=(0,), rigid=True))
    for shape, first, second in [
        ((3, 5), 0, 1),
        ((17, 33), -2, -1),
        ((48, 16), 0, 1),
        ((20, 40), 0, 1),
        ((3, 4, 17), 0, 1),
        ((3, 2, 5), 0, 2),
        ((3, 18, 20), 1, 2),
        ((2, 3, 4, 2), 0, 2),
        ((2, 3, 4, 2), 3, 1),
    ]:
        attributes = {"first": first, "second": second}
        cases.append(Case("transpose", (rows(*shape),), attributes, gradients=(0,), rigid=True))
    return cases


def _batched_products() -> list[Case]:
    cases: list[Case] = []
    for matrices, m, k, n in [
        ((), 1, 1, 1),
        ((), 3, 5, 2),
        ((), 7, 16, 17),
        ((2,), 17, 33, 15),
        ((3,), 16, 32, 48),
        ((2, 3), 5, 18, 4),
        ((), 2, 300, 3),
        ((), 34, 3, 5),
    ]:
        x, y = rows(*matrices, m, k), rows(*matrices, k, n)
        turned_x, turned_y = rows(*matrices, k, m), rows(*matrices, n, k)
        for given, attributes in [
            ((x, y), {}),
            ((turned_x, y), {"transpose_x": 1}),
            ((x, turned_y), {"transpose_y": 1}),
        ]:
            cases.append(Case("batched_matmul", given, attributes, gradients=(0, 1), rigid=True))
    return cases


def _embeddings() -> list[Case]:
    return [
        Case("embedding", (integers(3, size=5), fixed(5, 3)), gradients=(1,), rigid=True),
        Case("embedding", (integers(18, size=40), fixed(40, 33)), gradients=(1,), rigid=True),
        Case("embedding", (integers(2, 17, size=2), fixed(2, 16)), gradients=(1,), rigid=True),
        Case("embed", (codes(1, 5), ROW_NUMBERS, fixed(5, 3)), {"start": 0, "length": 1}, gradients=(2,)),
        Case("embed", (codes(3, 20), ROW_NUMBERS, fixed(20, 17)), {"start": 1, "length": 2}, gradients=(2,)),
        Case("embed", (codes(9, 40), ROW_NUMBERS, fixed(40, 32)), {"start": 2, "length": 7}, gradients=(2,)),
        Case("embed", (codes(2, 1), ROW_NUMBERS, fixed(1, 1)), {"start": 0, "length": 2}, gradients=(2,)),
        Case("embed_gradient", (codes(4, 18), ROW_NUMBERS, rows(16)), {"start": 0, "length": 4, "size": 18}),
        Case("embed_gradient", (codes(1, 1), ROW_NUMBERS, rows(33)), {"start": 0, "length": 1, "size": 1}),
        Case("one_hot", (codes(3, 5), ROW_NUMBERS), {"start": 1, "size": 5}),
        Case("one_hot", (codes(1, 17), ROW_NUMBERS), {"start": 0, "size": 17}),
        Case("one_hot", (codes(3, 2), ROW_NUMBERS, fixed(2)), {"start": 1, "size": 2}),
        Case("one_hot", (codes(1, 17), ROW_NUMBERS, fixed(17)), {"start": 0, "size": 17}),
        Case("mean_rows", (fixed(5, 3), fixed(5)), {"first": ((0,),)}),
        Case("mean_rows", (fixed(30, 33), fixed(7), fixed(18)), {"first": ((3,), (11,))}, rigid=True),
    ]


def _projections() -> list[Case]:
    fields = ((2, 5, 3), (0, 6, 0), (1, 40, 16))
    alone, wide = ((0, 2, 1),), ((0, 20, 33), (1, 5, 15))
    tables = fixed(5, 3), fixed(40, 16)
    return [
        Case("table_indices", (codes(3, 5), ROW_NUMBERS), {"numbers": 2, "fields": fields}),
        Case("table_indices", (codes(1, 2), ROW_NUMBERS), {"fields": alone}),
        Case("table_products", (fixed(27, 17), *tables), {"numbers": 2, "fields": fields}, gradients=(0, 1, 2)),
        Case("table_products", (fixed(9, 18),), {"numbers": 3, "fields": ((0, 6, 0),)}, gradients=(0,)),
        Case("table_products", (fixed(1, 1), fixed(2, 1)), {"fields": alone}, gradients=(0, 1)),
        Case(
            "table_products",
            (fixed(65, 9), fixed(20, 33), fixed(5, 15)),
            {"numbers": 17, "fields": wide},
            gradients=(0, 1, 2),
        ),
        Case("table_products_weight_gradient", (fixed(54, 32), *tables), {"numbers": 2, "fields": fields}),
        Case(
            "table_products_table_gradient",
            (fixed(9, 16), fixed(20, 16)),
            {"first": 1, "place": 2, "size": 7, "width": 18},
        ),
        Case(
            "table_products_table_gradient",
            (fixed(3, 270), fixed(2, 270)),
            {"first": 0, "place": 0, "size": 2, "width": 2},
        ),
        Case("sum_table_products", (picks(2, 5), fixed(11, 17)), gradients=(1,)),
        Case("sum_table_products", (picks(20, 1), fixed(21, 1), rows(17)), gradients=(1,)),
        Case("sum_table_products", (picks(1, 40), fixed(41, 33), rows(16)), gradients=(1,)),
        Case("sum_table_products_gradient", (rows(16), picks(3, 5), rows(1)), {"rows": 16}),
        Case("sum_table_products_gradient", (rows(15), picks(17, 2)), {"rows": 35}),
    ]


def _losses() -> list[Case]:
    logits, numbers = rows(5), (rows(3), rows(3))
    weights = fixed(5, **POSITIVE)
    smooth = {"smoothing": 0.1}
    return [
        Case("cross_entropy", (logits, labels(5)), gradients=(0,), loss=True),
        Case("cross_entropy", (logits, labels(5)), smooth, gradients=(0,), loss=True),
        Case("cross_entropy", (logits, labels(5), weights), smooth, gradients=(0,), loss=True),
        Case("cross_entropy", (logits, labels(5), weights), {**smooth, "each_class": 1}, gradients=(0,), loss=True),
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


def _pools() -> list[Case]:
    cases = []
    for large, *rest in [
        ((4, 4), (2, 2), (2, 2)),
        ((5, 7), (2, 2), (2, 2)),  # a row and a column in no window
        ((5, 4), (3, 3), (2, 2), ("same", "same")),
        ((7, 5), (3, 2), (1, 1), (1, 1)),
        ((6, 5), (2, 1), (3, 2)),  # stride > size
        ((3, 3), (3, 3), (3, 3)),
        ((2, 2), (3, 3), (1, 1), (2, 1)),  # size > image
        ((1, 1), (1, 1), (1, 1)),
    ]:
        x, attributes = rows(*large, 3), windows(large, *rest)
        cases.append(Case("max_pool", (x,), attributes, gradients=(0,)))
        cases.append(Case("average_pool", (x,), attributes, gradients=(0,)))
        cases.append(Case("average_pool", (x,), {**attributes, "include_padding": 1}, gradients=(0,)))
    series = windows((1, 9), (1, 4), (1, 2), ("valid", 1))
    cases += [Case(f"{name}_pool", (rows(9, 3),), series, gradients=(0,)) for name in ("max", "average")]
    return cases


def _convolutions() -> list[Case]:
    cases = []
    for large, size, *rest in [
        ((3, 3), (2, 2), (1, 1)),
        ((5, 4), (3, 3), (1, 1), ("same", "same")),
        ((5, 6), (3, 2), (2, 2), ("same", "same")),
        ((7, 6), (3, 3), (2, 1), (1, 1), (1, 2)),
        ((6, 7), (2, 2), (3, 4)),  # stride > kernel
        ((3, 3), (5, 5), (1, 1), ("same", "same")),  # kernel > image
        ((3, 2), (1, 1), (1, 1)),
        ((5, 5), (1, 1), (2, 2)),
        ((4, 4), (3, 3), (1, 1), (2, 2), (2, 2)),
        ((1, 1), (1, 1), (1, 1)),
        ((3, 3), (1, 1), (2, 2), (1, 1)),  # as many outputs as inputs, which see other pixels, or zeros
        ((5, 1), (1, 1), (1, 2), (0, "same"), (2, 3)),
    ]:
        attributes = windows(large, size, *rest)
        small = attributes["out_height"], attributes["out_width"]
        for channels, filters in ((1, 3), (17, 2), (3, 17)) if size == (2, 2) else ((3, 2),):
            weight = fixed(*size, channels, filters)
            cases.append(_convolution("conv", rows(*large, channels), weight, attributes))
            cases.append(_convolution("conv_data_gradient", rows(*small, filters), weight, attributes))
            cases.append(_convolution("depthwise", rows(*large, filters), fixed(*size, 1, filters), attributes))
    series = windows((1, 9), (1, 4), (1, 2), ("valid", 1))
    cases.append(_convolution("conv", rows(9, 3), fixed(4, 3, 2), series))
    cases.append(_convolution("conv_data_gradient", rows(4, 2), fixed(4, 3, 2), series))
    cases.append(_convolution("depthwise", rows(9, 18), fixed(4, 1, 18), series))
    return cases


def _convolution(op: str, x: Input, weight: Input, attributes: dict[str, int]) -> Case:
    return Case(op, (x, weight), attributes, gradients=(0, 1), rigid=True)


def _winograd() -> list[Case]:
    cases = []
    for large, size, padding in [
        ((8, 8), (3, 3), (1, 1)),
        ((5, 7), (3, 3), ("valid", "same")),  # tiles that reach beyond the image
        ((3, 3), (3, 3), ("valid", "valid")),  # a single output
        ((2, 1), (5, 3), (4, 1)),  # larger than the image
        ((9, 6), (5, 5), ("same", 2)),
        ((1, 6), (3, 5), (1, 0)),
        ((6, 9), (1, 3), (0, 1)),
    ]:
        cases += _by_points(windows(large, size, (1, 1), padding), rows(*large, 3), rows(*large, 18))
    for *kernel, depth, width in [(3, 3, 3, 18), (5, 5, 17, 2), (3, 5, 1, 16), (1, 3, 18, 33), (5, 16, 15)]:
        sizes = dict(zip(("kernel_height", "kernel_width"), (1, *kernel)[-2:], strict=True))
        for name in ("winograd_weights", "winograd_turned_weights"):
            cases.append(Case(name, (fixed(*kernel, depth, width),), {**sizes, "channels": depth}, rigid=True))
    for length, size, padding in [(1, 3, 1), (7, 5, "same"), (40, 3, "valid"), (150, 5, 2)]:
        cases += _by_points(windows((1, length), (1, size), (1, 1), (0, padding)), rows(length, 33), rows(length, 16))
    return cases


def _by_points(attributes: dict[str, int], x: Input, other: Input) -> list[Case]:
    """A convolution of one number of channels to another."""
    kernel = {name: attributes[name] for name in ("kernel_height", "kernel_width")}
    places = (attributes["out_height"], attributes["out_width"])[3 - len(x.shape) :]
    depth, width = x.shape[-1], other.shape[-1]
    count = points(kernel["kernel_height"]) * points(kernel["kernel_width"])
    return [
        Case("winograd", (x, fixed(count, depth, width)), attributes, rigid=True),
        *[
            Case("winograd_weight_gradient", (x, rows(*places, width)), {"groups": groups, **attributes}, rigid=True)
            for groups in (16, 32)
        ],
    ]


def _image_norms() -> list[Case]:
    cases: list[Case] = []
    for shape in ((2, 3, 3), (5, 18), (1, 1, 2)):
        x, vector, positive = rows(*shape), fixed(shape[-1]), fixed(shape[-1], **POSITIVE)
        figures = rows(shape[-1])
        moving = {"pixels": 6, "eps": 1e-3, "momentum": 0.2}
        cases += [
            Case("sample_moments", (x,)),
            Case("fold_weight", (fixed(3, shape[-1]), vector, positive), {"eps": 1e-2}),
            Case("fold_bias", (vector, vector, vector, positive), {"eps": 1e-2}),
            Case("batch_moments", (figures, rows(shape[-1], **POSITIVE), vector, positive), moving),
            Case("batch_moments", (figures, rows(shape[-1], **POSITIVE), vector, positive), {**moving, "unbiased": 1}),
            Case("normalize", (x, vector, positive, vector, vector)),
            Case("sample_products", (x, x, vector, positive)),
            Case("normalize_gradient", (x, x, vector, positive, vector, vector, vector)),
        ]
    return cases


def _augmentations() -> list[Case]:
    cases = []
    for channels, ranges in [
        (1, {"crop": 2, "horizontal": 1, "vertical": 1, "cutout": 3}),
        (3, {"crop": 1, "rotate": 3.1, "scale_low": 0.8, "scale_high": 1.3, "shear": 0.2}),
        (17, {"down": 0.3, "right": 0.2, "horizontal": 1, "contrast": 0.4}),
        (3, {"brightness": 0.3, "contrast": 0.4, "saturation": 0.5}),
    ]:
        attributes = {**ranges, "width": 5, "stream": 2, "key": 12345678901234567890}
        scaling = ROW_NUMBERS, fixed(channels), fixed(**POSITIVE) if channels == 3 else fixed(channels)
        cases += [
            Case("gather_augmented", (resident(6, 5, channels, dtype=kind, high=high), *scaling), given, rigid=True)
            for kind, high, given in [
                ("float32", 2, attributes),
                ("uint8", 256, {**attributes, "of_bytes": 1}),
            ]
        ]
    return cases


def _mixtures() -> list[Case]:
    table, attributes = fixed(9, low=0, high=1), {"height": 6, "width": 5, "stream": 3, "key": 5 << 40}
    cases = [
        Case("pair", (ROW_NUMBERS, table, table), {"patches": p, **attributes}, rigid=True) for p in (0.0, 0.5, 1.0)
    ]
    for channels in (1, 3, 17):
        x = rows(6, 5, channels)
        cases += [Case("mix", (x, x, rows(5, low=0, high=top)), {"width": 5}, rigid=True) for top in (1, 7)]
    one, weights = rows(1, low=0, high=1), fixed(5, **POSITIVE)
    for given, attributes in [
        ((), {}),
        ((weights,), {"smoothing": 0.1}),
        ((weights,), {"smoothing": 0.2, "each_class": 1}),
    ]:
        inputs = (rows(5), labels(5), labels(5), one, *given)
        cases.append(Case("mixed_cross_entropy", inputs, attributes, gradients=(0,), loss=True, rigid=True))
    return cases


def _resampling() -> list[Case]:
    cases = []
    for height, width, down, right in [(2, 3, 2, 2), (3, 2, 3, 1), (1, 1, 4, 3), (4, 1, 1, 2), (3, 3, 5, 2)]:
        attributes = {"height": height, "width": width, "factor_height": down, "factor_width": right}
        for name in ("nearest", "bilinear"):
            cases.append(Case(f"upsample_{name}", (rows(height, width, 3),), attributes, gradients=(0,)))
    longer = {"height": 1, "width": 4, "factor_width": 3}
    cases += [Case(f"upsample_{name}", (rows(4, 3),), longer, gradients=(0,)) for name in ("nearest", "bilinear")]
    for top, bottom, left, right in [(1, 1, 1, 1), (0, 2, 3, 0), (0, 0, 0, 0)]:
        border = {"height": 2, "width": 3, "top": top, "bottom": bottom, "left": left, "right": right}
        cases.append(Case("pad", (rows(2, 3, 3),), border, gradients=(0,)))
        cases.append(Case("crop", (rows(2 + top + bottom, 3 + left + right, 3),), border, gradients=(0,)))
    ends = {"height": 1, "width": 3, "left": 1, "right": 2}
    cases.append(Case("pad", (rows(3, 2),), ends, gradients=(0,)))
    cases.append(Case("crop", (rows(6, 2),), ends, gradients=(0,)))
    return cases


def _group_norms() -> list[Case]:
    cases = [Case("group_norm", (rows(2, 3), fixed(3), fixed(3)), {"eps": 1e-3}, gradients=(0, 1, 2))]
    for shape, groups in [((3, 4), 2), ((2, 2, 6), 3), ((3, 2, 40), 5), ((5, 18), 18), ((2, 3, 48), 2), ((3, 33), 3)]:
        x, vector = rows(*shape), fixed(shape[-1])
        attributes = {"groups": groups, "eps": 1e-2}
        cases.append(Case("group_norm", (x, vector, vector), attributes, gradients=(0, 1, 2), rigid=True))
    return cases


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


CASES = [
    *_activations(),
    *_compositions(),
    *_broadcasts(),
    *_reductions(),
    *_moves(),
    *_batched_products(),
    *_embeddings(),
    *_projections(),
    *_losses(),
    *_normalizations(),
    *_updates(),
    *_batches(),
    *_pools(),
    *_convolutions(),
    *_winograd(),
    *_image_norms(),
    *_augmentations(),
    *_mixtures(),
    *_resampling(),
    *_group_norms(),
]
