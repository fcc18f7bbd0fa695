"""Convolutions with fewer multiplications, Winograd's (`dltool.kernels.winograd`).

They replace direct ones where that saves work (`dltool.program.winograd`). The transformed weights are a
value of their own, made once in every step.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.kernels.winograd import is_tileable, points
from dltool.ops.conv import ConvWeightGradient
from dltool.ops.geometry import GEOMETRY, check_input, geometry_of, output_shape
from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Node, Value


@register("op", "winograd_weights")
class WinogradWeights(Op):
    """u (points, C, N) of w (kernel height, kernel width, C, N)."""

    operands = "w -> u"
    cut = Cut.PARAMETER
    whole_inputs = True
    attributes: ClassVar = {"kernel_height": 1, "kernel_width": 3, "channels": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (w,) = inputs
        return (Spec((_points(attributes), w.shape[-2], w.shape[-1]), batched=False),)

    @staticmethod
    def flops(node: Node) -> int:
        return 4 * node.outputs[0].spec.size


@register("op", "winograd_turned_weights")
class WinogradTurnedWeights(WinogradWeights):
    """u (points, N, C) of w (kernel height, kernel width, C, N) rotated by half a turn: for the data gradient."""

    operands = "w -> u"

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (w,) = inputs
        return (Spec((_points(attributes), w.shape[-1], w.shape[-2]), batched=False),)


@register("op", "winograd")
class Winograd(Op):
    """y (h, w, N) = x (H, W, C) convolved with the kernel that became u (points, C, N)."""

    operands = "x, u -> y"
    takes_epilogue = True
    attributes: ClassVar = GEOMETRY

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, u = inputs
        geometry = geometry_of(attributes)
        check_input(geometry, x.shape)
        if not is_tileable(geometry) or u.shape[:2] != (_points(attributes), x.shape[-1]):
            raise ShapeError(f"cannot convolve {list(x.shape)} with {list(u.shape)}")
        return (Spec(output_shape(geometry, x.shape, u.shape[-1])),)

    @staticmethod
    def flops(node: Node) -> int:
        """Those of a direct convolution, whose work it does."""
        taps = node.attributes["kernel_height"] * node.attributes["kernel_width"]
        return 2 * prod(node.outputs[0].shape) * taps * node.inputs[0].shape[-1]


@register("op", "winograd_weight_gradient")
class WinogradWeightGradient(ConvWeightGradient):
    """dw (groups, kernel height, kernel width, C, N) in parts, as of a direct convolution."""

    operands = "x, dy -> dw"


def _points(attributes: Any) -> int:
    return points(attributes["kernel_height"]) * points(attributes["kernel_width"])
