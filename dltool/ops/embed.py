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
    def gradient(graph: Graph, node: Node, dx: Value) -> tuple[Value | None, ...]:
        codes, rows, table = node.inputs
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
    """x (size) = 1 at the code number `start` of rows () of data (m) int32, 0 elsewhere and for code −1.

    With `shares` (size), code 0 gives these.
    """

    operands = "codes, rows, *shares -> x"
    moves = True
    attributes: ClassVar = {"start": 0, "size": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        codes, rows, *shares = inputs
        require_codes(codes, rows, attributes["start"], 1)
        if any(value.spec != Spec((attributes["size"],), batched=False) for value in shares):
            raise ShapeError(f"shares {shares} do not fit {attributes['size']} codes")
        return (Spec((attributes["size"],)),)


@register("op", "mean_rows")
class MeanRows(Op):
    """y (R, N) = w (R, N), but row `first` of each field is Σ share · row, over as many rows from there as shares."""

    operands = "w, *shares -> y"
    cut = Cut.CHANNELS
    attributes: ClassVar = {"first": ()}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        w, *shares = inputs
        ends = [first + value.shape[0] for (first,), value in zip(attributes["first"], shares, strict=True)]
        if max(ends) > w.shape[0]:
            raise ShapeError(f"fields that end at rows {ends} do not fit {list(w.shape)}")
        return (Spec(w.shape, batched=False),)

    @staticmethod
    def flops(node: Node) -> int:
        w, *shares = node.inputs
        return 2 * sum(value.shape[0] for value in shares) * w.shape[1]


def require_codes(codes: Value, rows: Value, start: int, length: int) -> None:
    """Raise `ShapeError` unless codes (m) int32 have `length` places from `start` on, and rows () are row numbers."""
    if codes.spec.dtype != "int32" or not 0 <= start < start + length <= codes.shape[-1]:
        raise ShapeError(f"no codes {start} to {start + length} in {codes.spec.dtype} {list(codes.shape)}")
    if rows.spec != ROWS:
        raise ShapeError(f"rows are one integer per sample, got {rows.spec.dtype} {list(rows.shape)}")
