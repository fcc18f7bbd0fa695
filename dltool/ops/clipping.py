"""Limiting gradients: each number by itself, or all of them together by their common norm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.ops.shapes import same_shape
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Node, Value

NUMBER = Spec((), batched=False)


@register("op", "clip_value")
class ClipValue(Op):
    """The gradient with every number limited to ±limit."""

    operands = "g -> y"
    cut = Cut.PARAMETER
    attributes: ClassVar = {"limit": 1.0}
    shape = staticmethod(same_shape)


@register("op", "square_sum")
class SquareSum(Op):
    """partial sums (C,) of the squares of a gradient (…, C); only their total matters to clip_scale."""

    operands = "g -> partial_sums"
    cut = Cut.PARAMETER
    operations = 2

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (gradient,) = inputs
        return (Spec(gradient.shape[-1:], batched=False),)


@register("op", "clip_scale")
class ClipScale(Op):
    """scale () = min(1, limit / (norm + eps)), the norm from the square sums of all gradients."""

    operands = "*partial_sums -> scale"
    cut = Cut.ONCE
    attributes: ClassVar = {"limit": 1.0, "eps": 0.0}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return (NUMBER,)

    @staticmethod
    def flops(node: Node) -> int:
        return sum(value.spec.size for value in node.inputs)


@register("op", "scale_gradient")
class ScaleGradient(Op):
    """The gradient times scale ()."""

    operands = "g, scale -> y"
    cut = Cut.PARAMETER

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        gradient, scale = inputs
        if scale.spec != NUMBER:
            raise ShapeError(f"scale is one number, got {list(scale.shape)}")
        return (gradient.spec,)
