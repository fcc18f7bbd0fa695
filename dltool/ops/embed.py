"""From codes to numbers: rows of an embedding, with their gradient, and one-hot vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.batch import ROWS
from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "embed")
class Embed(Op):
    """x (width) = the rows of table (size, width) for the codes [start, start + length) of rows () of data (m) int32.

    Their sum over the codes that are not negative, divided by the square root of the number of these.
    """

    operands = "codes, rows, table -> x"
    attributes: ClassVar = {"start": 0, "length": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        codes, rows, table = inputs
        require_codes(codes, rows, attributes["start"], attributes["length"])
        if len(table.shape) != 2:
            raise ShapeError(f"an embedding is a matrix, got {list(table.shape)}")
        return (Spec((table.shape[1],)),)

    @staticmethod
    def gradient(graph: Graph, node: Node, *output_gradients: Value | None) -> tuple[Value | None, ...]:
        codes, rows, table = node.inputs
        (dx,) = output_gradients
        assert dx is not None
        size = table.shape[0]
        return None, None, graph.apply("embed_gradient", codes, rows, dx, **node.attributes, size=size)

    @staticmethod
    def flops(node: Node) -> int:
        return 2 * node.attributes["length"] * node.outputs[0].spec.size


@register("op", "embed_gradient")
class EmbedGradient(Op):
    """dtable (size, width) = Σ over the batch of dx (width), in the rows of each sample's codes."""

    operands = "codes, rows, dx -> dtable"
    cut = Cut.PARAMETER
    whole_columns = True
    attributes: ClassVar = {"start": 0, "length": 1, "size": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        codes, rows, dx = inputs
        require_codes(codes, rows, attributes["start"], attributes["length"])
        return (Spec((attributes["size"], dx.shape[0]), batched=False),)

    @staticmethod
    def flops(node: Node) -> int:
        return 2 * node.attributes["length"] * node.inputs[2].spec.size


@register("op", "one_hot")
class OneHot(Op):
    """x (size) = 1 in the place of code number `start` of rows () of data (m) int32, 0 elsewhere and for code −1."""

    operands = "codes, rows -> x"
    attributes: ClassVar = {"start": 0, "size": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        codes, rows = inputs
        require_codes(codes, rows, attributes["start"], 1)
        return (Spec((attributes["size"],)),)

    @staticmethod
    def flops(node: Node) -> int:
        return 0


def require_codes(codes: Value, rows: Value, start: int, length: int) -> None:
    """Raise `ShapeError` unless codes (m) int32 have so many places from `start` on, and rows () are row numbers."""
    if codes.spec.dtype != "int32" or not 0 <= start < start + length <= codes.shape[-1]:
        raise ShapeError(f"no codes {start} to {start + length} in {codes.spec.dtype} {list(codes.shape)}")
    if rows.spec != ROWS:
        raise ShapeError(f"rows are one integer per sample, got {rows.spec.dtype} {list(rows.shape)}")
