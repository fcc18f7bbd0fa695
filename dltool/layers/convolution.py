"""Convolutions over images (height, width, channels) and series (length, channels).

Padding is `valid` (none), `same` (⌈inputs / stride⌉ outputs; an odd element of padding goes at the end) or a number of
zeros at both ends.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from dltool.config.description import Component, by_compat
from dltool.kernels.geometry import Geometry
from dltool.layers.activation import Activation
from dltool.layers.initializer import Initializer
from dltool.layers.layer import Layer, misfit
from dltool.layers.planes import Both, Places, pair, require_axes, window_lengths
from dltool.ops.op import ShapeError
from dltool.ops.windows import window
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


class Convolution(Layer):
    """What all convolutions have in common."""

    #: 2 for images, 1 for series
    axes: ClassVar[int]
    mixes_steps: ClassVar[bool] = True
    idle: ClassVar = {"bias_initializer": ("bias", False)}

    if TYPE_CHECKING:  # of images or of series
        kernel: Any
        stride: Any
        padding: Any
        dilation: Any

    activation: Annotated[Activation, Component("activation")] | None = None
    bias: bool = True
    initializer: Annotated[Initializer, Component("initializer")] = by_compat(
        "glorot_uniform", torch="torch_uniform", mxnet={"uniform": 0.01}
    )
    bias_initializer: Annotated[Initializer, Component("initializer")] = by_compat(
        "zeros", torch="torch_uniform", description="sees the same inputs and outputs as that of the weights"
    )

    @property
    def kernel_shape(self) -> tuple[int, ...]:
        """(height, width) or (length,)."""
        return pair(self.kernel)[-self.axes :]

    def geometry(self, graph: Graph, large: tuple[int, ...]) -> Geometry:
        """Where the windows lie over axes of these lengths; raises InputError where none fits."""
        height, width = (1, *large)[-2:]
        (kernel_height, kernel_width), (down, right) = self._both(self.kernel), self._both(self.stride)
        (above, before), (deep, wide) = self._both(self.padding, other="valid"), self._both(self.dilation)
        try:
            out_height, top = window(height, kernel_height, down, above, deep)
            out_width, left = window(width, kernel_width, right, before, wide)
        except ShapeError as error:
            raise misfit(graph, str(error), "use a smaller kernel, or padding: same") from None
        return Geometry(
            height, width, out_height, out_width, kernel_height, kernel_width, down, right, deep, wide, top, left
        )

    def finished(self, graph: Graph, y: Value, fans: tuple[int, int]) -> Value:
        """`y` with bias and activation."""
        if self.bias:
            initial = self.bias_initializer.initial(*fans)
            y = graph.apply("add_bias", y, graph.parameter("bias", y.shape[-1:], initial, decay=False))
        return self.activation.apply(graph, y) if self.activation else y

    def weight(self, graph: Graph, inputs: int, outputs: int) -> tuple[Value, tuple[int, int]]:
        """A new (kernel…, inputs, outputs) parameter, its fan-in and its fan-out."""
        shape = (*self.kernel_shape, inputs, outputs)
        fans = prod(self.kernel_shape) * inputs, prod(self.kernel_shape) * outputs
        return graph.parameter("weight", shape, self.initializer.initial(*fans), decay=True), fans

    def _both(self, given: Any, other: Any = 1) -> tuple[Any, Any]:
        """One thing for the height and one for the width; a series has height 1, and `other` for it."""
        return pair(given) if self.axes == 2 else (other, given)


class OverImages(Convolution):
    """The windows of a convolution over images."""

    axes: ClassVar[int] = 2

    kernel: PositiveInt | Both = Field(default=3, description="places, or [height, width]")
    stride: PositiveInt | Both = Field(default=1, description="places from one window to the next")
    padding: Literal["valid", "same"] | NonNegativeInt | Places = Field(default="valid", description="places of zeros")
    dilation: PositiveInt | Both = Field(default=1, description="places from one tap of the kernel to the next")


class OverSeries(Convolution):
    """The windows of a convolution over series."""

    axes: ClassVar[int] = 1

    kernel: PositiveInt = Field(default=3, description="places")
    stride: PositiveInt = Field(default=1, description="places from one window to the next")
    padding: Literal["valid", "same"] | NonNegativeInt = Field(default="valid", description="places of zeros")
    dilation: PositiveInt = Field(default=1, description="places from one tap of the kernel to the next")

    def lengths(self, graph: Graph, x: Value, y: Value) -> Value | None:
        """One for each window."""
        return window_lengths(graph, x, self.kernel, self.stride, self.padding, self.dilation)


class Filters(Convolution):
    """A convolution that mixes channels."""

    filters: PositiveInt = Field(description="channels of the output")
    groups: PositiveInt = Field(default=1, description="parts of the channels that are convolved apart")

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, channels) → (…, filters)."""
        require_axes(graph, x, self.axes)
        geometry, inputs = self.geometry(graph, x.shape[:-1]), x.shape[-1]
        if inputs % self.groups or self.filters % self.groups:
            hint = f"choose a number of groups that divides {inputs} and {self.filters}"
            raise misfit(graph, f"cannot divide {inputs} channels and {self.filters} filters by {self.groups}", hint)
        weight, fans = self.weight(graph, inputs // self.groups, self.filters)
        if self.groups == inputs == self.filters:
            return self.finished(graph, graph.apply("depthwise", x, weight, **geometry._asdict()), fans)
        if self.groups == 1:
            return self.finished(graph, graph.apply("conv", x, weight, **geometry._asdict()), fans)
        pairs = zip(
            graph.apply("split", x, parts=self.groups),
            graph.apply("split_columns", weight, parts=self.groups),
            strict=True,
        )
        parts = [graph.apply("conv", part, columns, **geometry._asdict()) for part, columns in pairs]
        return self.finished(graph, graph.apply("concat", *parts), fans)


@register("layer", "conv2d", main="filters")
class Conv2d(Filters, OverImages):
    """Convolves images with a kernel for each of its outputs."""


@register("layer", "conv1d", main="filters")
class Conv1d(Filters, OverSeries):
    """Convolves series with a kernel for each of its outputs."""


class Depthwise(Convolution):
    """A convolution that keeps channels apart."""

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, channels) → (…, channels)."""
        require_axes(graph, x, self.axes)
        geometry = self.geometry(graph, x.shape[:-1])
        weight, fans = self.weight(graph, 1, x.shape[-1])
        return self.finished(graph, graph.apply("depthwise", x, weight, **geometry._asdict()), fans)


@register("layer", "depthwise_conv2d", main="kernel")
class DepthwiseConv2d(Depthwise, OverImages):
    """Convolves every channel of images with a kernel of its own."""


@register("layer", "depthwise_conv1d", main="kernel")
class DepthwiseConv1d(Depthwise, OverSeries):
    """Convolves every channel of series with a kernel of its own."""


class Transposed(Convolution):
    """The transpose of a convolution: from the shape of its output to that of its input; enlarges by the stride."""

    filters: PositiveInt = Field(description="channels of the output")

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, channels) → (…, filters)."""
        require_axes(graph, x, self.axes)
        enlarged = [
            self._enlarged(graph, *sides)
            for sides in zip(
                x.shape[:-1],
                *(self._both(given)[-self.axes :] for given in (self.kernel, self.stride, self.padding, self.dilation)),
                strict=True,
            )
        ]
        geometry = self.geometry(graph, tuple(enlarged))
        weight, fans = self.weight(graph, self.filters, x.shape[-1])
        return self.finished(graph, graph.apply("conv_data_gradient", x, weight, **geometry._asdict()), fans)

    def _enlarged(self, graph: Graph, size: int, kernel: int, stride: int, padding: Any, dilation: int) -> int:
        """The length of an axis whose windows are as many as `size`."""
        if padding == "same":
            return size * stride
        length = (size - 1) * stride + (kernel - 1) * dilation + 1 - 2 * (0 if padding == "valid" else padding)
        if length < 1:
            raise misfit(graph, f"padding by {padding} leaves nothing of {size} places", "use less padding")
        return length


@register("layer", "conv2d_transpose", main="filters")
class Conv2dTranspose(Transposed, OverImages):
    """Spreads images over larger ones, each value with a kernel (Dumoulin and Visin 2016)."""


@register("layer", "conv1d_transpose", main="filters")
class Conv1dTranspose(Transposed, OverSeries):
    """Spreads series over longer ones, each value with a kernel."""

    def lengths(self, graph: Graph, x: Value, y: Value) -> Value | None:
        """Not known."""
        return None
