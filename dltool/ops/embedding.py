"""Integers that flow through a network: gathering them from the data, and the rows of a table that they name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.batch import ROWS, Fetch
from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "gather_codes")
class GatherCodes(Fetch):
    """codes (…) int32 = the rows () of data (…) int32; or codes (length), those from `start` on, of data (size)."""

    operands = "data, rows -> codes"
    attributes: ClassVar = {"start": 0, "length": 1, "size": 1}

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        size = inputs[0].spec.size
        return cls, {"start": 0, "length": size, **attributes, "size": size}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        data, rows = inputs
        if data.spec.dtype != "int32" or not data.shape or rows.spec != ROWS:
            raise ShapeError(f"cannot gather {rows.spec.dtype} rows of {data.spec.dtype} {list(data.shape)} as codes")
        start, length = attributes["start"], attributes["length"]
        if length == data.spec.size:
            return (data.spec,)
        if len(data.shape) != 1 or not 0 <= start < start + length <= data.spec.size:
            raise ShapeError(f"cannot gather {length} codes from number {start} on, of {list(data.shape)}")
        return (replace(data.spec, shape=(length,)),)


@register("op", "next_tokens")
class NextTokens(Op):
    """(tokens (T,), following (T,)) of block (T + 1,) int32: all but its last code, and all but its first."""

    operands = "block -> tokens, following"
    moves = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (block,) = inputs
        require_batch_of_codes(block)
        if len(block.shape) != 1 or block.shape[0] < 2:
            raise ShapeError(f"a block holds at least two tokens, got {list(block.shape)}")
        each = Spec((block.shape[0] - 1,), dtype="int32")
        return each, each


@register("op", "embedding")
class Embedding(Op):
    """x (…, width) = the rows of table (size, width) that codes (…) int32 name; zeros for what is not in [0, size)."""

    operands = "codes, table -> x"
    attributes: ClassVar = {"size": 1}

    @classmethod
    def variant(cls, *inputs: Value, **attributes: Any) -> tuple[type[Op], dict[str, Any]]:
        return cls, {"size": inputs[1].shape[0]}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        codes, table = inputs
        require_batch_of_codes(codes)
        if len(table.shape) != 2:
            raise ShapeError(f"an embedding is a matrix, got {list(table.shape)}")
        return (Spec((*codes.shape, table.shape[1])),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dx: Value) -> tuple[Value | None, ...]:
        return None, graph.apply("embedding_gradient", node.inputs[0], dx, **node.attributes)


@register("op", "embedding_gradient")
class EmbeddingGradient(Op):
    """dtable (size, width) = Σ over the batch and its places of dx (…, width), in the rows that codes (…) name."""

    operands = "codes, dx -> dtable"
    cut = Cut.PARAMETER
    attributes: ClassVar = {"size": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        codes, dx = inputs
        require_batch_of_codes(codes)
        return (Spec((attributes["size"], dx.shape[-1]), batched=False),)

    @staticmethod
    def flops(node: Node) -> int:
        return node.inputs[1].spec.size


def require_batch_of_codes(codes: Value) -> None:
    """Raise `ShapeError` unless codes (…) are int32 of the batch."""
    if codes.spec.dtype != "int32" or not codes.spec.batched or not codes.shape:
        raise ShapeError(f"an embedding takes integers, got {codes.spec.dtype} {list(codes.shape)}")
