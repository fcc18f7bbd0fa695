"""Pools of images (H, W, C) and series (T, C): the largest or the mean of each window, channel by channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from dltool.kernels.geometry import taps
from dltool.ops.geometry import GEOMETRY, check_input, check_output, geometry_of, input_shape, output_shape
from dltool.ops.op import Op, Spec
from dltool.ops.shapes import check_alike
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value


@register("op", "max_pool")
class MaxPool(Op):
    """y (h, w, C) = the largest of each window of x (H, W, C); NaN is larger than any number, padding smaller."""

    operands = "x -> y"
    attributes: ClassVar = GEOMETRY

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return _pooled(*inputs, **attributes)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return (graph.apply("max_pool_gradient", node.inputs[0], node.outputs[0], dy, **node.attributes),)

    @staticmethod
    def flops(node: Node) -> int:
        return _seen(node)


@register("op", "max_pool_gradient")
class MaxPoolGradient(Op):
    """dx (H, W, C): dy (h, w, C) goes to the first of the largest of each window of x (H, W, C), of maximum y."""

    operands = "x, y, dy -> dx"
    attributes: ClassVar = GEOMETRY

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, y, dy = inputs
        check_alike(y, dy)
        check_output(geometry_of(attributes), dy.shape)
        return (x.spec,)

    @staticmethod
    def flops(node: Node) -> int:
        return _seen(node)


@register("op", "average_pool")
class AveragePool(Op):
    """y (h, w, C) = the mean of each window of x (H, W, C); padding counts as zeros if `include_padding`, else not."""

    operands = "x -> y"
    attributes: ClassVar = {**GEOMETRY, "include_padding": 0}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        return _pooled(*inputs, **attributes)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        return (graph.apply("average_pool_gradient", dy, **node.attributes),)

    @staticmethod
    def flops(node: Node) -> int:
        return _seen(node)


@register("op", "average_pool_gradient")
class AveragePoolGradient(Op):
    """dx (H, W, C): dy (h, w, C) is shared out evenly among what its window saw of x."""

    operands = "dy -> dx"
    attributes: ClassVar = {**GEOMETRY, "include_padding": 0}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (dy,) = inputs
        geometry = geometry_of(attributes)
        check_output(geometry, dy.shape)
        return (Spec(input_shape(geometry, dy.shape, dy.shape[-1])),)

    @staticmethod
    def flops(node: Node) -> int:
        return _seen(node)


def _pooled(x: Value, **attributes: Any) -> tuple[Spec, ...]:
    geometry = geometry_of(attributes)
    check_input(geometry, x.shape)
    return (Spec(output_shape(geometry, x.shape, x.shape[-1])),)


def _seen(node: Node) -> int:
    """Elements that the windows of a sample see, padding included."""
    geometry = geometry_of(node.attributes)
    return geometry.out_height * geometry.out_width * taps(geometry) * node.outputs[0].shape[-1]
