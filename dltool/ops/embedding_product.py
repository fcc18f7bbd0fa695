"""Products of embeddings and one-hot vectors: each table is multiplied once, then its rows are summed per sample.

x · w, where x is made of rows of embeddings and of one-hot vectors side by side, is a sum of rows of p, the products of
every table with its rows of w. Tables have fewer rows than the batch, so this is far less to multiply.

`fields` has start, size and width for every column of codes, one code each, in the order in which they come in x; width
0 stands for a one-hot vector. Behind them x may have numbers, whose rows of w come first in p. The last row of p is 0,
for codes that stand for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.embed import require_codes
from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value

#: start, size, width
Field = tuple[int, int, int]


@register("op", "table_indices")
class TableIndices(Op):
    """indices (m) int32 = for each field the row of p that its code means: of data (…) int32, in row rows ()."""

    operands = "codes, rows -> indices"
    moves = True
    attributes: ClassVar = {"numbers": 0, "fields": ()}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        for start, _, _ in attributes["fields"]:
            require_codes(*inputs, start=start, length=1)
        return (Spec((len(attributes["fields"]),), dtype="int32"),)


@register("op", "table_products")
class TableProducts(Op):
    """p (R, N) = rows of w (K, N) for the numbers, then for each field its table (size, width) · its rows, or these."""

    operands = "w, *tables -> p"
    rounds = slice(None)
    cut = Cut.CHANNELS
    attributes: ClassVar = {"numbers": 0, "fields": ()}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        w, *tables = inputs
        fields, numbers = attributes["fields"], attributes["numbers"]
        if [table.shape for table in tables] != [(size, width) for _, size, width in fields if width]:
            raise ShapeError(f"tables {[list(table.shape) for table in tables]} do not fit the fields {list(fields)}")
        if w.shape[0] != _columns(fields, numbers):
            raise ShapeError(f"w {list(w.shape)} does not fit {numbers} numbers and the fields {list(fields)}")
        return (Spec((numbers + sum(size for _, size, _ in fields) + 1, w.shape[1]), batched=False),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dp: Value) -> tuple[Value | None, ...]:
        w, *tables = node.inputs
        dw = graph.apply("table_products_weight_gradient", dp, *tables, **node.attributes)
        places = _tables_in(node.attributes["fields"], node.attributes["numbers"])
        return dw, *(graph.apply("table_products_table_gradient", dp, w, **place) for place in places)

    @staticmethod
    def flops(node: Node) -> int:
        return 2 * sum(table.spec.size for table in node.inputs[1:]) * node.inputs[0].shape[1]


@register("op", "table_products_weight_gradient")
class TableProductsWeightGradient(Op):
    """dw (K, N) = for each field tableᵀ · its rows of dp (R, N), or these, then the rows of dp for the numbers."""

    operands = "dp, *tables -> dw"
    rounds = slice(1, None)  # dp is a sum of rounded numbers
    cut = Cut.CHANNELS
    attributes: ClassVar = {"numbers": 0, "fields": ()}
    flops = staticmethod(TableProducts.flops)

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (Spec((_columns(attributes["fields"], attributes["numbers"]), inputs[0].shape[1]), batched=False),)


@register("op", "table_products_table_gradient")
class TableProductsTableGradient(Op):
    """dtable (size, width) = the rows of dp (R, N) from `first` on · (the rows of w (K, N) from `place` on)ᵀ."""

    operands = "dp, w -> dtable"
    rounds = slice(1, 2)  # dp is a sum of rounded numbers
    cut = Cut.PARAMETER
    whole_inputs = True
    attributes: ClassVar = {"first": 0, "place": 0, "size": 1, "width": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (Spec((attributes["size"], attributes["width"]), batched=False),)

    @staticmethod
    def flops(node: Node) -> int:
        return 2 * node.outputs[0].spec.size * node.inputs[0].shape[1]


@register("op", "sum_table_products")
class SumTableProducts(Op):
    """y (N) = Σ of the rows of p (R, N) at the indices (m) int32, plus numbers (k) · p[:k] where there are such."""

    operands = "indices, p, *numbers -> y"
    rounds = slice(2, None)
    takes_epilogue = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        indices, p, *numbers = inputs
        if indices.spec.dtype != "int32" or any(value.shape[0] >= p.shape[0] for value in numbers):
            raise ShapeError(
                f"cannot look up {indices.spec.dtype} {list(indices.shape)} and {numbers} in {list(p.shape)}"
            )
        return (Spec((p.shape[1],)),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        indices, p, *numbers = node.inputs
        dp = graph.apply("sum_table_products_gradient", dy, indices, *numbers, rows=p.shape[0])
        return None, dp, *(None for _ in numbers)

    @staticmethod
    def flops(node: Node) -> int:
        indices, p, *numbers = node.inputs
        return (indices.shape[0] + 2 * sum(value.shape[0] for value in numbers)) * p.shape[1]


@register("op", "sum_table_products_gradient")
class SumTableProductsGradient(Op):
    """dp (rows, N) = Σ over the batch of numbersᵀ · dy (N), then of dy in the rows that indices name."""

    operands = "dy, indices, *numbers -> dp"
    rounds = slice(None)
    cut = Cut.CHANNELS
    attributes: ClassVar = {"rows": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (Spec((attributes["rows"], inputs[0].shape[0]), batched=False),)

    @staticmethod
    def flops(node: Node) -> int:
        dy, indices, *numbers = node.inputs
        return (indices.shape[0] + 2 * sum(value.shape[0] for value in numbers)) * dy.shape[0]


def _columns(fields: Sequence[Field], numbers: int) -> int:
    """Of x, which are rows of w."""
    return sum(width or size for _, size, width in fields) + numbers


def _tables_in(fields: Sequence[Field], numbers: int) -> Iterator[dict[str, int]]:
    """For each table, where its rows of p and its rows of w begin, and its shape."""
    first, place = numbers, 0
    for _, size, width in fields:
        if width:
            yield {"first": first, "place": place, "size": size, "width": width}
        first += size
        place += width or size
