"""Layers that make images and series larger or smaller without learning anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from dltool.layers.layer import Layer, misfit
from dltool.layers.planes import Both, Ends, Places, pair, require_axes
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "upsample2d", main="factor")
class Upsample2d(Layer):
    """Enlarges an image by whole factors."""

    factor: PositiveInt | Both = Field(default=2, description="times larger, or [height, width]")
    interpolation: Literal["nearest", "bilinear"] = Field(
        default="nearest", description="bilinear: between the centers of pixels, clamped at the edges"
    )

    def build(self, graph: Graph, x: Value) -> Value:
        """(height, width, channels) → (height · factor, width · factor, channels)."""
        require_axes(graph, x, 2)
        return _upsample(graph, x, pair(self.factor), f"upsample_{self.interpolation}")


@register("layer", "upsample1d", main="factor")
class Upsample1d(Layer):
    """Lengthens a series by a whole factor."""

    factor: PositiveInt = Field(default=2, description="times longer")
    interpolation: Literal["nearest", "linear"] = Field(
        default="nearest", description="linear: between the centers of positions, clamped at the ends"
    )

    def build(self, graph: Graph, x: Value) -> Value:
        """(length, channels) → (length · factor, channels)."""
        require_axes(graph, x, 1)
        op = "upsample_nearest" if self.interpolation == "nearest" else "upsample_bilinear"
        return _upsample(graph, x, (1, self.factor), op)


def _upsample(graph: Graph, x: Value, factors: tuple[int, int], op: str) -> Value:
    height, width = (1, *x.shape[:-1])[-2:]
    return graph.apply(op, x, height=height, width=width, factor_height=factors[0], factor_width=factors[1])


class Border(Layer):
    """What layers that add or remove a border have in common."""

    #: 2 for images, 1 for series
    axes: ClassVar[int]

    def ends(self, given: Any) -> dict[str, int]:
        """Places at each end of height and width; a series has none at the ends of its height."""
        along_height, along_width = pair(given) if self.axes == 2 else (0, given)
        (top, bottom), (left, right) = pair(along_height), pair(along_width)
        return {"top": top, "bottom": bottom, "left": left, "right": right}

    def padded(self, graph: Graph, x: Value, given: Any) -> Value:
        """`x` with zeros around it."""
        require_axes(graph, x, self.axes)
        height, width = (1, *x.shape[:-1])[-2:]
        return graph.apply("pad", x, height=height, width=width, **self.ends(given))

    def cropped(self, graph: Graph, x: Value, given: Any) -> Value:
        """`x` without its border; raises InputError where nothing is left."""
        require_axes(graph, x, self.axes)
        height, width = (1, *x.shape[:-1])[-2:]
        ends = self.ends(given)
        height, width = height - ends["top"] - ends["bottom"], width - ends["left"] - ends["right"]
        if height < 1 or width < 1:
            raise misfit(graph, f"cropping by {given} leaves nothing of {list(x.shape)}", "crop less")
        return graph.apply("crop", x, height=height, width=width, **ends)


@register("layer", "zero_pad2d", main="padding")
class ZeroPad2d(Border):
    """Puts zeros around an image."""

    axes: ClassVar[int] = 2
    padding: NonNegativeInt | Places | Ends = Field(
        description="on all sides, or [above and below, left and right], or [[above, below], [left, right]]"
    )

    def build(self, graph: Graph, x: Value) -> Value:
        """(height, width, channels) → the same, larger."""
        return self.padded(graph, x, self.padding)


@register("layer", "zero_pad1d", main="padding")
class ZeroPad1d(Border):
    """Puts zeros around a series."""

    axes: ClassVar[int] = 1
    padding: NonNegativeInt | Places = Field(description="at both ends, or [before, behind]")

    def build(self, graph: Graph, x: Value) -> Value:
        """(length, channels) → the same, longer."""
        return self.padded(graph, x, self.padding)


@register("layer", "crop2d", main="cropping")
class Crop2d(Border):
    """DecisionCounts the border of an image off."""

    axes: ClassVar[int] = 2
    cropping: NonNegativeInt | Places | Ends = Field(
        description="on all sides, or [above and below, left and right], or [[above, below], [left, right]]"
    )

    def build(self, graph: Graph, x: Value) -> Value:
        """(height, width, channels) → the same, smaller."""
        return self.cropped(graph, x, self.cropping)


@register("layer", "crop1d", main="cropping")
class Crop1d(Border):
    """DecisionCounts the ends of a series off."""

    axes: ClassVar[int] = 1
    cropping: NonNegativeInt | Places = Field(description="at both ends, or [before, behind]")

    def build(self, graph: Graph, x: Value) -> Value:
        """(length, channels) → the same, shorter."""
        return self.cropped(graph, x, self.cropping)
