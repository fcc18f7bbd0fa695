"""The first value of a network: what the codes of a sample stand for, and behind that its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from dltool.data.samples.signature import CodeField, Signature
from dltool.ops.graph import Graph, Initial, Value


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


def first_value(graph: Graph, signature: Signature, rows: Value) -> Value:
    """The features of a batch: all columns with codes in their order, then all numbers; integers stay what they are."""
    pieces: list[Value] = []
    if signature.codes:
        codes = graph.data("codes", (sum(field.length for field in signature.codes),), "int32")
        pieces = [_decoded(graph, field, codes, rows) for field in signature.codes]
    if signature.feature_shape != (0,):
        with graph.part("batch"), graph.inside("batch"):
            pieces.append(_numbers(graph, signature, rows))
    if len(pieces) == 1:
        return pieces[0]
    with graph.inside("features"):
        return graph.apply("concat", *pieces)


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
