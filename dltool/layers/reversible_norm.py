"""Normalizing each window of a time series, and undoing this on what is predicted from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from dltool.layers.layer import Layer, Layers, build_layers, misfit
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value, Window


#: added to variances, as in the paper
EPSILON = 1e-5


@register("layer", "reversible_norm", main="layers")
class ReversibleNorm(Layer):
    """Gives its layers each window with mean 0 and deviation 1, and undoes this on their output (Kim et al. 2022).

    So a forecast follows the level and the spread of its own window, wherever these drift.
    """

    mixes_steps: ClassVar[bool] = True

    layers: Layers = Field(description="the network, up to its outputs")
    center: Literal["mean", "last"] = Field(
        default="mean", description="what is subtracted from each column: its mean in the window, or its last value"
    )
    deviation: bool = Field(default=True, description="whether columns are also divided by their standard deviation")

    def build(self, graph: Graph, x: Value) -> Value:
        """(rows, columns) → what the layers give; raises InputError for samples that are no windows."""
        window = graph.window
        if window is None:
            raise misfit(graph, "needs windows of time series", "read the data by the source `windows`")
        if len(x.shape) != 2 or x.shape[0] < window.rows or x.shape[1] < window.past:
            raise misfit(graph, f"the input {list(x.shape)} is no window", "put this layer first, around the others")
        if window.obstacle:
            raise misfit(graph, *window.obstacle)
        past = graph.apply("slice", x, axis=0, start=0, size=window.rows) if x.shape[0] > window.rows else x
        past = graph.apply("slice", past, axis=-1, start=0, size=window.past) if x.shape[1] > window.past else past
        mean = graph.apply("mean", past, over=(0,))
        center = mean
        if self.center == "last":
            center = graph.apply("slice", past, axis=0, start=window.rows - 1, size=1)
        inverse = None
        if self.deviation:
            variance = graph.apply("mean", graph.apply("square", graph.apply("subtract", past, mean)), over=(0,))
            inverse = graph.apply("reciprocal_square_root", variance, eps=EPSILON)
        y = build_layers(graph, self.layers, _normalized(graph, x, window, center, inverse))
        return _undone(graph, y, window, center, inverse)


def _normalized(graph: Graph, x: Value, window: Window, center: Value, inverse: Value | None) -> Value:
    """The window (rows, columns); what is known ahead stays, and what is hidden stays 0."""
    others = x.shape[1] - window.past
    if others:
        zeros = graph.apply("scale", graph.apply("slice", x, axis=0, start=0, size=1), factor=0.0)
        zeros = graph.apply("slice", zeros, axis=-1, start=0, size=others)
        center = graph.apply("concat", center, zeros)
        if inverse is not None:
            ones = graph.apply("add", zeros, graph.constant("ones", np.ones(others)))
            inverse = graph.apply("concat", inverse, ones)
    y = graph.apply("subtract", x, center)
    if inverse is not None:
        y = graph.apply("multiply", y, inverse)
    if x.shape[0] > window.rows:
        shown = np.ones(x.shape)
        shown[window.rows :, : window.past] = 0
        y = graph.apply("multiply", y, graph.constant("shown", shown))
    return y


def _undone(graph: Graph, y: Value, window: Window, center: Value, inverse: Value | None) -> Value:
    """The output, all targets of a step side by side, on the scale of the targets."""
    count = len(window.targets)
    if y.spec.size % count:
        hint = f"let the last layer give a number for each of the {count} targets of each step"
        raise misfit(graph, f"the layers give {y.spec.size} numbers", hint)
    steps = graph.apply("reshape", y, shape=(y.spec.size // count, count))
    factor = graph.constant("factor", window.factor)
    if inverse is not None:
        steps = graph.apply("divide", steps, _of_targets(graph, inverse, window))
    steps = graph.apply("multiply", steps, factor)
    level = graph.apply("multiply", _of_targets(graph, center, window), factor)
    level = graph.apply("add", level, graph.constant("offset", window.offset))
    return graph.apply("reshape", graph.apply("add", steps, level), shape=y.shape)


def _of_targets(graph: Graph, columns: Value, window: Window) -> Value:
    """Those of the targets (1, targets), from what there is of each column (1, columns)."""
    first, count = window.targets[0], len(window.targets)
    if window.targets == tuple(range(first, first + count)):
        return graph.apply("slice", columns, axis=-1, start=first, size=count) if count < window.past else columns
    return graph.apply("concat", *(graph.apply("slice", columns, axis=-1, start=i, size=1) for i in window.targets))
