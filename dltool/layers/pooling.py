"""Layers that keep the largest, or the mean, of each window of an image or a series, or of all of it.

Padding is `valid` (none), `same` (as many windows as places, divided by the stride; an odd place of padding goes
behind) or a number of places at both ends. It never is the largest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from dltool.config.description import by_compat
from dltool.kernels.geometry import Geometry
from dltool.layers.layer import Layer, misfit, way_back
from dltool.layers.planes import Both, Places, pair, require_axes, window_lengths
from dltool.ops.op import ShapeError
from dltool.ops.windows import window
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


#: what padding counts as where the largest value is sought: the least float32, since --debug refuses infinity
LOWEST = -3.4028234663852886e38


class Pool(Layer):
    """What all pools over windows have in common."""

    #: 2 for images, 1 for series
    axes: ClassVar[int]
    mixes_steps: ClassVar[bool] = True

    if TYPE_CHECKING:  # of images or of series
        size: Any
        stride: Any
        padding: Any

    def geometry(self, graph: Graph, x: Value) -> Geometry:
        """Where the windows lie over `x`; raises InputError where none fits, or one would see nothing but padding."""
        require_axes(graph, x, self.axes)
        stride = self.size if self.stride is None else self.stride
        height, width = (1, *x.shape[:-1])[-2:]
        (high, wide), (down, right) = self._both(self.size), self._both(stride)
        above, before = self._both(self.padding, other="valid")
        for size, padding in ((high, above), (wide, before)):
            if isinstance(padding, int) and padding >= size:
                raise misfit(graph, f"padding by {padding} exceeds a window of {size}", f"use at most {size - 1}")
        try:
            out_height, top = window(height, high, down, above)
            out_width, left = window(width, wide, right, before)
        except ShapeError as error:
            raise misfit(graph, str(error), "use a smaller size, or padding: same") from None
        return Geometry(height, width, out_height, out_width, high, wide, down, right, top=top, left=left)

    def _both(self, given: Any, other: Any = 1) -> tuple[Any, Any]:
        """One thing for the height and one for the width; a series has height 1, and `other` for it."""
        return pair(given) if self.axes == 2 else (other, given)


class OverImages(Pool):
    """The windows of a pool over images."""

    axes: ClassVar[int] = 2

    size: PositiveInt | Both = Field(default=2, description="places of a window, or [height, width]")
    stride: PositiveInt | Both | None = Field(default=None, description="from one window to the next; null: the size")
    padding: Literal["valid", "same"] | NonNegativeInt | Places = Field(default="valid", description="places around x")


class OverSeries(Pool):
    """The windows of a pool over series."""

    axes: ClassVar[int] = 1

    size: PositiveInt = Field(default=2, description="places of a window")
    stride: PositiveInt | None = Field(default=None, description="from one window to the next; null: the size")
    padding: Literal["valid", "same"] | NonNegativeInt = Field(default="valid", description="places around x")

    def lengths(self, graph: Graph, x: Value, y: Value) -> Value | None:
        """One for each window."""
        return window_lengths(graph, x, self.size, self.stride or self.size, self.padding)


class Largest(Pool):
    """Pools by the largest."""

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, channels) → (…, channels), shorter along the other axes."""
        return graph.apply("max_pool", x, **self.geometry(graph, x)._asdict())


class Mean(Pool):
    """Pools by the mean."""

    include_padding: bool = by_compat(
        False, torch=True, mxnet=True, description="count padding as zeros, rather than not at all"
    )

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, channels) → (…, channels), shorter along the other axes."""
        geometry = self.geometry(graph, x)._asdict()
        return graph.apply("average_pool", x, **geometry, include_padding=int(self.include_padding))


@register("layer", "max_pool2d", main="size")
class MaxPool2d(Largest, OverImages):
    """The largest of each window of an image, channel by channel."""


@register("layer", "max_pool1d", main="size")
class MaxPool1d(Largest, OverSeries):
    """The largest of each window of a series, channel by channel."""


@register("layer", "average_pool2d", main="size")
class AveragePool2d(Mean, OverImages):
    """The mean of each window of an image, channel by channel."""


@register("layer", "average_pool1d", main="size")
class AveragePool1d(Mean, OverSeries):
    """The mean of each window of a series, channel by channel."""


@register("layer", "global_max_pool")
class GlobalMaxPool(Layer):
    """The largest of each channel of an image or a series."""

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, channels) → (channels,)."""
        return _of_all(graph, x if x.lengths is None else graph.apply("mask", x, x.lengths, fill=LOWEST), "max_pool")


@register("layer", "global_average_pool")
class GlobalAveragePool(Layer):
    """The mean of each channel of an image or a series (Lin et al., Network In Network, 2013)."""

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, channels) → (channels,)."""
        return _of_all(graph, x, "average_pool") if x.lengths is None else graph.apply("mean_steps", x, x.lengths)


def _of_all(graph: Graph, x: Value, op: str) -> Value:
    """A pool with a single window."""
    if len(x.shape) not in (2, 3):
        raise misfit(graph, f"expected an image or a series, got {list(x.shape)}", way_back(x))
    height, width = (1, *x.shape[:-1])[-2:]
    y = graph.apply(op, x, **Geometry(height, width, 1, 1, height, width, height, width)._asdict())
    return graph.apply("reshape", y, shape=x.shape[-1:])
