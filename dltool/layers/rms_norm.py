"""Normalization without a mean: rows are scaled by their root mean square alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dltool.config.description import by_compat
from dltool.layers.layer import Layer
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "rms_norm")
class RMSNorm(Layer):
    """Divides each sample by its root mean square over the last axis (Zhang and Sennrich 2019)."""

    epsilon: float = by_compat(1e-6, torch=float(np.finfo(np.float32).eps), gt=0, description="added to the square")

    def build(self, graph: Graph, x: Value) -> Value:
        """(…, channels) → the same."""
        gain = graph.parameter("gain", x.shape[-1:], lambda shape, _: np.ones(shape), decay=graph.compat == "mxnet")
        squares = graph.apply("mean", graph.apply("square", x), over=(-1,))
        factor = graph.apply("reciprocal_square_root", squares, eps=self.epsilon)
        return graph.apply("multiply", graph.apply("multiply", x, factor), gain)
