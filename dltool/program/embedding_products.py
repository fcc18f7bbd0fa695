"""Embedding products: where only a product reads embeddings, their tables are multiplied instead of the batch.

x · w, where x is made of rows of tables, is the sum of rows of (table · its rows of w). This is the same but for
rounding, and far less work where the tables have fewer rows than the batch. Parameters and gradients do not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from dltool.ops.arithmetic import Concat
from dltool.ops.embed import Embed, OneHot
from dltool.ops.embedding_product import Field
from dltool.ops.graph import Graph, Node, Value
from dltool.ops.matmul import Matmul

#: what adding one row of a table product costs, in operations per number
ROW_COST = 4
#: columns of the widest table that the cpu kernels take
WIDEST = 256


def multiply_tables(graph: Graph, features: Value, batch_size: int) -> None:
    """Rewrites the product that reads the first value of a network, where that saves work; before differentiation."""
    readers = [node for node in graph.nodes if features in node.inputs]
    source = features.producer
    if source is None or len(readers) != 1 or readers[0].op is not Matmul:
        return
    pieces = source.inputs if source.op is Concat else (features,)
    decoded = [p.producer for p in pieces if p.producer and p.producer.op in (Embed, OneHot)]
    numbers = pieces[len(decoded) :]  # come last
    single = all(node.attributes.get("length", 1) == 1 for node in decoded)
    fields = tuple(_field(node) for node in decoded)
    if decoded and single and _saves(fields, rows=batch_size):
        _rewrite(graph, readers[0], decoded, numbers, fields)
        graph.remove([*decoded, source])


def _field(node: Node) -> Field:
    size, width = node.inputs[2].shape if node.op is Embed else (node.attributes["size"], 0)
    return node.attributes["start"], size, width


def _saves(fields: Sequence[Field], *, rows: int) -> bool:
    """Whether a forward pass of `rows` rows takes fewer multiplications and additions, for each output."""
    product = 2 * rows * sum(width or size for _, size, width in fields)
    tables = 2 * sum(size * width for _, size, width in fields)
    narrow = all(width <= WIDEST for _, _, width in fields)
    return narrow and tables + ROW_COST * rows * len(fields) < product


def _rewrite(
    graph: Graph, product: Node, decoded: Sequence[Node], numbers: Sequence[Value], fields: tuple[Field, ...]
) -> None:
    """Has two other nodes make the output of a product, in its place."""
    codes, rows = decoded[0].inputs[:2]
    tables = [node.inputs[2] for node in decoded if node.op is Embed]
    count = sum(value.shape[0] for value in numbers)
    with graph.before(product):
        indices = graph.apply("table_indices", codes, rows, numbers=count, fields=fields)
        p = graph.apply("table_products", product.inputs[1], *tables, numbers=count, fields=fields)
        y = graph.apply("sum_table_products", indices, _means(graph, p, decoded, count), *numbers)
    graph.replace(product, y)


def _means(graph: Graph, p: Value, decoded: Sequence[Node], numbers: int) -> Value:
    """p with what one-hot vectors contribute for codes that stand for the mean of the others; tables have theirs."""
    ends = accumulate((_field(node)[1] for node in decoded), initial=numbers)
    shares = {(first,): node.inputs[2] for first, node in zip(ends, decoded, strict=False) if _is_mean(node)}
    return graph.apply("mean_rows", p, *shares.values(), first=tuple(shares)) if shares else p


def _is_mean(node: Node) -> bool:
    return node.op is OneHot and len(node.inputs) > 2
