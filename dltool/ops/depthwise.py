"""Convolutions that keep channels apart, with the two that make up their backward; weights are (kh, kw, 1, C)."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.ops.conv import Conv, ConvWeightGradient, weight_gradient
from dltool.ops.geometry import GEOMETRY, check_input, check_output, geometry_of, input_shape, output_shape
from dltool.ops.op import Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "depthwise")
class Depthwise(Conv):
    """y (h, w, C) = Σ over the taps of x (H, W, C) · w, channel by channel."""

    operands = "x, w -> y"
    weight_axes = (-1, -1)

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, w = inputs
        geometry = geometry_of(attributes)
        check_input(geometry, x.shape)
        _check_weight(x, w)
        return (Spec(output_shape(geometry, x.shape, x.shape[-1])),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        x, w = node.inputs
        dx = graph.apply("depthwise_data_gradient", dy, w, **node.attributes) if x.needs_gradient else None
        return dx, weight_gradient(graph, "depthwise_weight_gradient", x, dy, w, node)


@register("op", "depthwise_data_gradient")
class DepthwiseDataGradient(Op):
    """dx (H, W, C) = Σ over the taps of dy (h, w, C) · w, channel by channel."""

    operands = "dy, w -> dx"
    weight_axes = (-1, -1)
    takes_epilogue = True
    attributes: ClassVar = GEOMETRY

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        dy, w = inputs
        geometry = geometry_of(attributes)
        check_output(geometry, dy.shape)
        _check_weight(dy, w)
        return (Spec(input_shape(geometry, dy.shape, dy.shape[-1])),)

    @staticmethod
    def flops(node: Node) -> int:
        return 2 * prod(node.inputs[0].shape[:-1]) * node.inputs[1].spec.size


@register("op", "depthwise_weight_gradient")
class DepthwiseWeightGradient(ConvWeightGradient):
    """dw (groups, kh, kw, 1, C) in parts: Σ over the samples of a group of x at the tap · dy."""

    operands = "x, dy -> dw"

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (dw,) = ConvWeightGradient.shape(*inputs, **attributes)
        return (Spec((*dw.shape[:-2], 1, dw.shape[-1]), batched=False),)


def _check_weight(x: Value, w: Value) -> None:
    if w.shape[-2:] != (1, x.shape[-1]):
        raise ShapeError(f"a weight of {list(w.shape)} does not fit the channels of {list(x.shape)}")
