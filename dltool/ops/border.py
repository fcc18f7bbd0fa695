"""Zeros around images (H, W, C) and series (T, C), and cutting their borders off: each is the other's gradient.

The attributes are height and width of the small side, for series 1 and T, and the border that the other has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value

BORDER: Mapping[str, int] = {"height": 1, "width": 1, "top": 0, "bottom": 0, "left": 0, "right": 0}


@register("op", "pad")
class Pad(Op):
    """y (top + H + bottom, left + W + right, C) = x (H, W, C) with zeros around it."""

    operands = "x -> y"
    moves = True
    linear = True
    attributes: ClassVar = BORDER

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        small, large = _sides(x, **attributes)
        return (_other_side(x, small, large),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return (graph.apply("crop", dy, **node.attributes),)


@register("op", "crop")
class Crop(Op):
    """y (H, W, C) = x (top + H + bottom, left + W + right, C) without its border."""

    operands = "x -> y"
    moves = True
    linear = True
    attributes: ClassVar = BORDER

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        small, large = _sides(x, **attributes)
        return (_other_side(x, large, small),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return (graph.apply("pad", dy, **node.attributes),)


def _sides(x: Value, *, height: int, width: int, top: int, bottom: int, left: int, right: int) -> list[tuple[int, ...]]:
    """Shapes of the small and of the large side, without channels."""
    small, large = (height, width), (top + height + bottom, left + width + right)
    return [small, large] if len(x.shape) == 3 else [small[1:], large[1:]]


def _other_side(x: Value, own: tuple[int, ...], other: tuple[int, ...]) -> Spec:
    if x.shape[:-1] != own:
        raise ShapeError(f"{list(x.shape)} is not {' × '.join(map(str, own))}")
    return Spec((*other, x.shape[-1]))
