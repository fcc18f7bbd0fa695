"""Convolutions of images (H, W, C) and series (T, C), with the two that make up their backward.

Weights are (kernel height, kernel width, C, N), for series (kernel, C, N). A transposed convolution is the data
gradient used forward.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.kernels.geometry import Geometry
from dltool.ops.geometry import GEOMETRY, check_input, check_output, geometry_of, input_shape, output_shape
from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Node, Value

#: most parts of a weight's gradient: groups of samples that can be worked on at once
GROUPS = 16
#: numbers in all parts together
ROOM = 1 << 19


@register("op", "conv")
class Conv(Op):
    """y (h, w, N) = Σ over the taps of x (H, W, C) · w."""

    operands = "x, w -> y"
    rounds = slice(2)
    weight_axes = (-2, -1)
    takes_epilogue = True
    attributes: ClassVar = GEOMETRY

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, w = inputs
        geometry = geometry_of(attributes)
        check_input(geometry, x.shape)
        _check_weight(w, geometry)
        if x.shape[-1] != w.shape[-2]:
            raise ShapeError(f"cannot convolve {list(x.shape)} with {list(w.shape)}")
        return (Spec(output_shape(geometry, x.shape, w.shape[-1])),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dy: Value) -> tuple[Value | None, ...]:
        x, w = node.inputs
        dx = graph.apply("conv_data_gradient", dy, w, **node.attributes) if x.needs_gradient else None
        return dx, weight_gradient(graph, "conv_weight_gradient", x, dy, w, node)

    @staticmethod
    def flops(node: Node) -> int:
        return 2 * prod(node.outputs[0].shape[:-1]) * node.inputs[1].spec.size


@register("op", "conv_data_gradient")
class ConvDataGradient(Op):
    """dx (H, W, C) = Σ over the taps of dy (h, w, N) · wᵀ."""

    operands = "dy, w -> dx"
    rounds = slice(2)
    weight_axes = (-1, -2)
    takes_epilogue = True
    attributes: ClassVar = GEOMETRY

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        dy, w = inputs
        geometry = geometry_of(attributes)
        check_output(geometry, dy.shape)
        _check_weight(w, geometry)
        if dy.shape[-1] != w.shape[-1]:
            raise ShapeError(f"cannot convolve {list(dy.shape)} with the transposed {list(w.shape)}")
        return (Spec(input_shape(geometry, dy.shape, w.shape[-2])),)

    @staticmethod
    def gradient(graph: Graph, node: Node, dx: Value) -> tuple[Value | None, ...]:
        y, w = node.inputs
        dy = graph.apply("conv", dx, w, **node.attributes) if y.needs_gradient else None
        return dy, weight_gradient(graph, "conv_weight_gradient", dx, y, w, node)

    @staticmethod
    def flops(node: Node) -> int:
        return 2 * prod(node.inputs[0].shape[:-1]) * node.inputs[1].spec.size


@register("op", "conv_weight_gradient")
class ConvWeightGradient(Op):
    """dw (groups, kernel height, kernel width, C, N) in parts: Σ over the samples of a group of x at the tap · dy."""

    operands = "x, dy -> dw"
    rounds = slice(2)
    cut = Cut.GROUPS
    attributes: ClassVar = {**GEOMETRY, "groups": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, dy = inputs
        geometry = geometry_of(attributes)
        check_input(geometry, x.shape)
        check_output(geometry, dy.shape)
        kernel = (geometry.kernel_height, geometry.kernel_width)[3 - len(x.shape) :]
        return (Spec((attributes["groups"], *kernel, x.shape[-1], dy.shape[-1]), batched=False),)

    @staticmethod
    def flops(node: Node) -> int:
        dy, dw = node.inputs[1], node.outputs[0]
        return 2 * prod(dy.shape[:-1]) * dw.spec.size // dw.shape[0]


@register("op", "sum_groups")
class SumGroups(Op):
    """y (…) = Σ over the groups of x (groups, …), in their order."""

    operands = "x -> y"
    cut = Cut.PARAMETER
    whole_inputs = True
    attributes: ClassVar = {"groups": 1, "rows": 1}
    operations = 1

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (x,) = inputs
        return (Spec(x.shape[1:], batched=False),)


def weight_gradient(graph: Graph, op_name: str, x: Value, dy: Value, w: Value, node: Node) -> Value:
    """The gradient of w, by this op, from the large and the small side of a convolution."""
    groups = max(1, min(GROUPS, ROOM // w.spec.size))
    parts = graph.apply(op_name, x, dy, groups=groups, **node.attributes)
    return graph.apply("sum_groups", parts, groups=groups, rows=prod(w.shape[:-1]))


def _check_weight(w: Value, geometry: Geometry) -> None:
    kernel = (geometry.kernel_height, geometry.kernel_width)
    if (1, *w.shape[:-2])[-2:] != kernel:
        raise ShapeError(f"a weight of {list(w.shape)} is not that of a kernel {kernel[0]} × {kernel[1]}")
