"""The input of a network: embedded or one-hot categories, then the numbers."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial

import numpy as np

from dltool.data.samples.signature import CodeField, Signature
from dltool.errors import InputError, Problem
from dltool.layers.columns import named_columns
from dltool.layers.layer import Layer
from dltool.ops.graph import Graph, Initial, Value
from dltool.ops.op import Spec


def _uniform(limit: float, shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    return generator.uniform(-limit, limit, shape)


def _normal(shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    return generator.standard_normal(shape)


#: how embeddings start: as those of Keras, but for the other frameworks as theirs
EMBEDDINGS: Mapping[str | None, Initial] = {
    None: partial(_uniform, 0.05),
    "keras": partial(_uniform, 0.05),
    "torch": _normal,
    "mxnet": partial(_uniform, 0.07),
}


class Columns(Mapping[str, Value]):
    """The network input for each column of a table, built on first use."""

    def __init__(self, graph: Graph, signature: Signature, rows: Value):
        self._graph, self._signature, self._rows = graph, signature, rows
        self._fields = {field.name: field for field in signature.codes if not field.mask}
        self._made: dict[tuple[str, ...], Value] = {}  # by the columns that it holds

    def __getitem__(self, name: str) -> Value:
        if (name,) not in self._made:
            self._made[(name,)] = self._coded(self._fields[name]) if name in self._fields else self._numbers_of(name)
        return self._made[(name,)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._signature.columns)

    def __len__(self) -> int:
        return len(self._signature.columns)

    @property
    def numbers(self) -> Value:
        """The numbers of all columns, or those of arrays."""
        columns = tuple(self._signature.numbers)
        if columns not in self._made:
            with self._graph.part("batch"), self._graph.inside("batch"):
                self._made[columns] = _numbers(self._graph, self._signature, self._rows)
                for field in self._signature.codes:
                    if field.mask:
                        codes = self._graph.apply("gather_codes", self._codes, self._rows, start=0, length=field.length)
                        self._made[columns].lengths = self._graph.apply("lengths", codes)
        return self._made[columns]

    @property
    def made(self) -> dict[Value, tuple[str, ...]]:
        """Every value that has been asked for, with the columns that it holds."""
        return {value: columns for columns, value in self._made.items()}

    @cached_property
    def _codes(self) -> Value:
        return self._graph.data("codes", (sum(field.length for field in self._signature.codes),), "int32")

    def _coded(self, field: CodeField) -> Value:
        decoded = _sequence if field.sequence else _decoded
        return decoded(self._graph, field, self._codes, self._rows)

    def _numbers_of(self, name: str) -> Value:
        start, size = self._signature.numbers[name]
        if len(self._signature.numbers) == 1:
            return self.numbers
        numbers = self.numbers
        with self._graph.part("batch"), self._graph.inside("batch"):
            return self._graph.apply("slice", numbers, axis=-1, start=start, size=size)


def first_value(graph: Graph, signature: Signature, rows: Value, layers: Sequence[Layer]) -> Value:
    """The features of a batch for these layers: all columns with codes in their order, then all numbers.

    Integers stay what they are: a sequence has to be the only column, unless the layers take columns by name. Then the
    value only stands for the table. Raises InputError for a table that needs names, and for sequences not named.
    """
    columns = graph.inputs = Columns(graph, signature, rows)
    sequences = [field.name for field in signature.codes if field.sequence]
    named = set(named_columns(layers))
    if named and len(columns):
        if named.issubset(columns):  # else the layer reports the name that it does not know
            graph.warnings += _not_named(columns, sequences, named)
        graph.table = Value("table", Spec((), dtype="int32"), "data")
        return graph.table
    if sequences and len(columns) > 1:
        raise InputError(Problem(_mixture(sequences[0], columns), path="model"))
    pieces = [columns[field.name] for field in signature.codes if not field.mask]
    if len(signature.feature_shape) == 2 and pieces:
        return _beside_each_row(graph, columns.numbers, pieces[0])
    if signature.feature_shape != (0,):
        pieces.append(columns.numbers)
    if len(pieces) == 1:
        return pieces[0]
    with graph.inside("features"):
        return graph.apply("concat", *pieces)


def _beside_each_row(graph: Graph, rows: Value, vector: Value) -> Value:
    """Rows (n, columns) with a vector (width,) behind the columns of each."""
    (count, _), (width,) = rows.shape, vector.shape
    with graph.inside("features"):
        vector = graph.apply("reshape", vector, shape=(1, width))
        return graph.apply("concat", rows, graph.apply("broadcast", vector, axes=((count, 1), (width, width))))


def _not_named(columns: Iterable[str], sequences: Sequence[str], named: Container[str]) -> list[str]:
    """A warning about columns that no layer takes; raises InputError for sequences."""
    unused = [name for name in columns if name not in named]
    listed, advice = ", ".join(unused), f"name them in `columns`, or leave them out: exclude: [{', '.join(unused)}]"
    if any(name in sequences for name in unused):
        raise InputError(Problem(f"no layer takes these columns: {listed}; {advice}", path="model"))
    return [f"no layer takes these columns: {listed}; {advice}"] if unused else []


def _mixture(sequence: str, columns: Iterable[str]) -> str:
    """The message for a table with a sequence that stands beside other columns."""
    others = ", ".join(name for name in columns if name != sequence)
    branches = f"[columns: {sequence}, embedding: 32, …], [columns: [{others}]]"
    return (
        f"'{sequence}' is a sequence, which needs a branch of its own beside other columns:"
        f" parallel: {{branches: [{branches}], merge: concat}}"
    )


def _sequence(graph: Graph, field: CodeField, codes: Value, rows: Value) -> Value:
    """The codes (length,) of one column, as they are."""
    with graph.part("batch"), graph.inside(f"features.{field.name}"):
        x = graph.apply("gather_codes", codes, rows, start=field.start, length=field.read or field.length)
        x.vocabulary, x.lengths = field.size, graph.apply("lengths", x)
    return x


def _decoded(graph: Graph, field: CodeField, codes: Value, rows: Value) -> Value:
    """One column: rows of its embedding, or a one-hot vector.

    Training never meets a code that stands for the mean of the others, so only an evaluation works that out.
    """
    with graph.inside(f"features.{field.name}"):
        mean = [graph.constant("shares", np.array(field.shares))] if field.shares and not graph.training else []
        if field.width is None:
            return graph.apply("one_hot", codes, rows, *mean, start=field.start, size=field.size)
        table = graph.parameter("weight", (field.size, field.width), EMBEDDINGS[graph.compat], decay=True)
        if mean:
            table = graph.apply("mean_rows", table, *mean, first=((0,),))
        return graph.apply("embed", codes, rows, table, start=field.start, length=field.length)


def _numbers(graph: Graph, signature: Signature, rows: Value) -> Value:
    if signature.feature_dtype == "int32":
        return graph.apply("gather_codes", graph.data("features", signature.feature_shape, "int32"), rows)
    if signature.feature_dtype == "uint8":
        data, *scaling = data_of(graph, signature, signature.feature_shape)
        return graph.apply("gather_scaled", data, rows, *scaling)
    return graph.apply("gather", graph.data("features", signature.feature_shape), rows)


def data_of(graph: Graph, signature: Signature, shape: tuple[int, ...]) -> tuple[Value, Value, Value]:
    """The numbers of all samples, each of a shape, and the offset and factor that scale them as they are fetched."""
    data = graph.data("features", shape, signature.feature_dtype)
    offset = graph.constant("offset", np.zeros(()) if signature.offset is None else signature.offset)
    factor = graph.constant("factor", np.ones(()) if signature.factor is None else signature.factor)
    return data, offset, factor
