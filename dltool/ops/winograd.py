"""Convolutions with fewer multiplications, Winograd's (`dltool.kernels.winograd`).

They take the place of direct ones where that is worth it (`dltool.program.winograd`). The transformed weights are a
value of their own, made once in every step.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar

from dltool.kernels.records import LANES
from dltool.kernels.winograd import BAND, KERNELS, POINTS, TILES, points, tile_size
from dltool.ops.conv import ConvWeightGradient, blocks, table_size
from dltool.ops.geometry import GEOMETRY, Geometry, geometry_of
from dltool.ops.op import Cut, Op, ShapeError, Spec
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Node, Value


@register("op", "winograd_weights")
class WinogradWeights(Op):
    """u (points, C, N) of w (kernel height, kernel width, C, N)."""

    cut = Cut.PARAMETER
    whole_columns = True
    whole_inputs = True
    attributes: ClassVar = {"kernel_height": 1, "kernel_width": 3, "channels": 1}

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (w,) = inputs
        return (Spec((_points(attributes), w.shape[-2], w.shape[-1]), batched=False),)

    @staticmethod
    def workspace(node: Node) -> int:
        return POINTS * POINTS * LANES

    @staticmethod
    def flops(node: Node) -> int:
        return 4 * node.outputs[0].spec.size


@register("op", "winograd_turned_weights")
class WinogradTurnedWeights(WinogradWeights):
    """u (points, N, C) of w (kernel height, kernel width, C, N) turned about its middle: for the way back."""

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        (w,) = inputs
        return (Spec((_points(attributes), w.shape[-1], w.shape[-2]), batched=False),)

    @staticmethod
    def workspace(node: Node) -> int:
        taps = node.attributes["kernel_height"] * node.attributes["kernel_width"]
        return (POINTS * POINTS + (taps + 1) * LANES) * LANES


@register("op", "winograd")
class Winograd(Op):
    """y (h, w, N) = x (H, W, C) convolved with the kernel that became u (points, C, N)."""

    takes_epilogue = True
    tiles = "pixel_tiles"
    attributes: ClassVar = GEOMETRY

    @staticmethod
    def shape(*inputs: Value, **attributes: Any) -> tuple[Spec, ...]:
        x, u = inputs
        geometry = geometry_of(attributes)
        geometry.check(x.shape)
        if not fits(geometry) or u.shape[:2] != (_points(attributes), x.shape[-1]):
            raise ShapeError(f"cannot convolve {list(x.shape)} with {list(u.shape)}")
        return (Spec(geometry.like(x.shape, u.shape[-1], small=True)),)

    @staticmethod
    def workspace(node: Node) -> int:
        x, _ = node.inputs
        geometry, depth = geometry_of(node.attributes), blocks(x.shape[-1])
        size = _transformed_size(geometry, depth, blocks(node.outputs[0].shape[-1]))
        return table_size(depth) + size

    @staticmethod
    def flops(node: Node) -> int:
        """Those of a direct convolution, whose work it does."""
        taps = node.attributes["kernel_height"] * node.attributes["kernel_width"]
        return 2 * prod(node.outputs[0].shape) * taps * node.inputs[0].shape[-1]


@register("op", "winograd_weight_gradient")
class WinogradWeightGradient(ConvWeightGradient):
    """dw (groups, kernel height, kernel width, C, N) in parts, as of a direct convolution."""

    @staticmethod
    def workspace(node: Node) -> int:
        geometry, width = geometry_of(node.attributes), node.inputs[0].shape[-1]
        band = min(BAND, blocks(node.inputs[1].shape[-1]))
        sums = band * _points(node.attributes) * width * LANES
        return table_size(1) + _transformed_size(geometry, blocks(width), band) + sums


def fits(geometry: Geometry) -> bool:
    """Whether there are tiles for the kernel, which must move by one and begin within reach of the image."""
    g = geometry
    unmoved = g.stride_height == g.stride_width == g.dilation_height == g.dilation_width == 1
    sizes = g.kernel_width in KERNELS and g.kernel_height in (1, *KERNELS)
    return unmoved and sizes and 0 <= g.top < g.kernel_height and 0 <= g.left < g.kernel_width


def turned(geometry: Geometry) -> Geometry:
    """The way back from y to x as a convolution with the turned kernel."""
    g = geometry
    return replace(
        g, height=g.out_height, width=g.out_width, out_height=g.height, out_width=g.width,
        top=g.kernel_height - 1 - g.top, left=g.kernel_width - 1 - g.left,
    )  # fmt: skip


def tile_counts(geometry: Geometry) -> tuple[int, int]:
    """Rows of tiles of an image, and tiles of a row."""
    down, right = tile_size(geometry.kernel_height), tile_size(geometry.kernel_width)
    return -(-geometry.out_height // down), -(-geometry.out_width // right)


def _points(attributes: Any) -> int:
    return points(attributes["kernel_height"]) * points(attributes["kernel_width"])


def _transformed_size(geometry: Geometry, depth: int, width: int) -> int:
    """Floats of so many blocks of x and of y, of the rows of tiles that are worked on together.

    One vector more for each point keeps the points from falling on the same lines of the cache.
    """
    _, across = tile_counts(geometry)
    together, right = max(1, TILES // across), tile_size(geometry.kernel_width)
    lines, stored = together * points(geometry.kernel_height), together * across + 1
    seen = max((across - 1) * right + POINTS, geometry.left + geometry.width)
    vectors = (1 + depth * lines) * seen + POINTS * (depth + 1) * stored + width * lines * (across * right + 1)
    return vectors * LANES
