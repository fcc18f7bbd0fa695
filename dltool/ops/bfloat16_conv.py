"""Convolutions in bfloat16: operands are words of two numbers each, sums are float32."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.kernels.pairs import depth_words
from dltool.ops.geometry import GEOMETRY, check_input, check_output, geometry_of, input_shape, output_shape
from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Node, Value


@register("op", "bfloat16_conv")
class Bfloat16Conv(Op):
    """y (h, w, N) = Σ over the taps of x (H, W, C) · w, of words (H, W, C/2) and (kh, kw, C/2, N)."""

    operands = "x, w -> y"
    takes_epilogue = True
    attributes: ClassVar = GEOMETRY

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, w = inputs
        geometry = geometry_of(attributes)
        check_input(geometry, x.shape)
        if {x.spec.dtype, w.spec.dtype} != {"uint32"} or x.shape[-1] != w.shape[-2]:
            raise ShapeError(f"cannot convolve words {list(x.shape)} with {list(w.shape)}")
        return (Spec(output_shape(geometry, x.shape, w.shape[-1])),)

    @staticmethod
    def flops(node: Node) -> int:
        return 4 * prod(node.outputs[0].shape[:-1]) * node.inputs[1].spec.size


@register("op", "bfloat16_conv_data_gradient")
class Bfloat16ConvDataGradient(Op):
    """dx (H, W, C) = Σ over the taps of dy (h, w, N) · wᵀ, of words (h, w, N/2) and (kh, kw, N/2, C)."""

    operands = "dy, w -> dx"
    takes_epilogue = True
    attributes: ClassVar = GEOMETRY

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        dy, w = inputs
        geometry = geometry_of(attributes)
        check_output(geometry, dy.shape)
        if {dy.spec.dtype, w.spec.dtype} != {"uint32"} or not dy.shape[-1] <= w.shape[-2] < dy.shape[-1] + 16:
            raise ShapeError(f"cannot convolve words {list(dy.shape)} with {list(w.shape)}")
        return (Spec(input_shape(geometry, dy.shape, w.shape[-1])),)

    @staticmethod
    def flops(node: Node) -> int:
        dy, w = node.inputs
        return 4 * dy.spec.size * prod(w.shape[:-2]) * w.shape[-1]


@register("op", "bfloat16_conv_weight_gradient")
class Bfloat16ConvWeightGradient(Op):
    """dw (groups, kh, kw, C, N) in parts: Σ over the samples of a group of x at the tap · dy, words of channels."""

    operands = "x, dy -> dw"
    cut = Cut.GROUPS
    attributes: ClassVar = {**GEOMETRY, "groups": 1, "channels": 1, "filters": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, dy = inputs
        geometry = geometry_of(attributes)
        check_input(geometry, x.shape)
        check_output(geometry, dy.shape)
        kernel = (geometry.kernel_height, geometry.kernel_width)[3 - len(x.shape) :]
        ends = attributes["channels"], attributes["filters"]
        words = tuple(map(depth_words, ends))
        if {x.spec.dtype, dy.spec.dtype} != {"uint32"} or (x.shape[-1], dy.shape[-1]) != words:
            raise ShapeError(f"{ends} channels do not fit words {list(x.shape)} and {list(dy.shape)}")
        return (Spec((attributes["groups"], *kernel, *ends), batched=False),)

    @staticmethod
    def flops(node: Node) -> int:
        dy, dw = node.inputs[1], node.outputs[0]
        return 2 * prod(dy.shape[:-1]) * dw.spec.size // dw.shape[0]
