"""Images (H, W, C) and series (T, C) enlarged by whole factors, and the gradients of that.

The attributes are height and width of the small side, for series 1 and T, and how many times larger the other is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value

FACTORS: Mapping[str, int] = {"height": 1, "width": 1, "factor_height": 1, "factor_width": 1}


class Upsample(Op):
    """y (H · f, W · g, C) of x (H, W, C)."""

    attributes: ClassVar = FACTORS

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        small, large = _sides(x, **attributes)
        return (_other_side(x, small, large),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return (graph.apply(f"{node.op.yaml_name}_gradient", dy, **node.attributes),)


class UpsampleGradient(Op):
    """dx (H, W, C) of dy (H · f, W · g, C)."""

    attributes: ClassVar = FACTORS

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (dy,) = inputs
        small, large = _sides(dy, **attributes)
        return (_other_side(dy, large, small),)


@register("op", "upsample_nearest")
class UpsampleNearest(Upsample):
    """y (H · f, W · g, C): every pixel of x (H, W, C) f · g times."""

    operands = "x -> y"
    moves = True
    linear = True


@register("op", "upsample_nearest_gradient")
class UpsampleNearestGradient(UpsampleGradient):
    """dx (H, W, C) = the sums over the pixels of dy (H · f, W · g, C) that show the same pixel."""

    operands = "dy -> dx"
    operations = 1


@register("op", "upsample_bilinear")
class UpsampleBilinear(Upsample):
    """y (H · f, W · g, C): x (H, W, C) read at half-pixel centers, (i + ½) / f − ½, clamped at the edges."""

    operands = "x -> y"
    linear = True

    @staticmethod
    def flops(node: Node) -> int:
        return 6 * node.outputs[0].spec.size


@register("op", "upsample_bilinear_gradient")
class UpsampleBilinearGradient(UpsampleGradient):
    """dx (H, W, C): every pixel of dy (H · f, W · g, C) goes back to those it was read from, by their weights."""

    operands = "dy -> dx"
    operations = 8


def _sides(x: Value, *, height: int, width: int, factor_height: int, factor_width: int) -> list[tuple[int, ...]]:
    """Shapes of the small and of the large side, without channels."""
    small, large = (height, width), (height * factor_height, width * factor_width)
    return [small, large] if len(x.shape) == 3 else [small[1:], large[1:]]


def _other_side(x: Value, own: tuple[int, ...], other: tuple[int, ...]) -> Spec:
    if x.shape[:-1] != own:
        raise ShapeError(f"{list(x.shape)} is not {' × '.join(map(str, own))}")
    return Spec((*other, x.shape[-1]))
