"""The columns of a weight in equal parts, one for each group of a convolution, and these side by side again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.ops.shapes import require_all
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "split_columns")
class SplitColumns(Op):
    """The columns of w (…, parts · N) in parts (…, N)."""

    operands = "w -> *pieces"
    moves = True
    cut = Cut.CHANNELS
    attributes: ClassVar = {"parts": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (w,) = inputs
        width, rest = divmod(w.shape[-1], attributes["parts"])
        if w.spec.batched or rest:
            raise ShapeError(f"cannot divide the columns of {list(w.shape)} into {attributes['parts']} equal parts")
        return (Spec((*w.shape[:-1], width), batched=False),) * attributes["parts"]

    @staticmethod
    def gradient(graph: Graph, node: Node, *dy: Value) -> tuple[Value | None, ...]:
        require_all(node, dy)
        return (graph.apply("join_columns", *dy),)


@register("op", "join_columns")
class JoinColumns(Op):
    """w (…, parts · N) = the parts (…, N) side by side."""

    operands = "*parts -> w"
    moves = True
    cut = Cut.PARAMETER
    whole_inputs = True

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        shapes = {value.shape for value in inputs}
        if len(shapes) > 1 or any(value.spec.batched for value in inputs):
            raise ShapeError(f"cannot join {', '.join(str(list(value.shape)) for value in inputs)} as equal columns")
        *rows, width = inputs[0].shape
        return (Spec((*rows, width * len(inputs)), batched=False),)
