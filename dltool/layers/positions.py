"""Layers that add to every step of a sequence what tells its position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np

from dltool.config.description import Component, by_compat
from dltool.layers.initializer import Initializer
from dltool.layers.layer import Layer, misfit
from dltool.registry import register

if TYPE_CHECKING:
    from dltool.ops.graph import Graph, Value


@register("layer", "position_embedding")
class PositionEmbedding(Layer):
    """Adds a vector that is learned for each step."""

    initializer: Annotated[Initializer, Component("initializer")] = by_compat("uniform", torch="normal")

    def build(self, graph: Graph, x: Value) -> Value:
        """(steps, channels) → the same."""
        require_sequence(graph, x)
        return graph.apply("add", x, graph.parameter("weight", x.shape, self.initializer.initial(*x.shape), decay=True))


@register("layer", "sinusoidal_positions")
class SinusoidalPositions(Layer):
    """Adds sines and cosines of the step, of ever longer waves (Vaswani et al. 2017)."""

    def build(self, graph: Graph, x: Value) -> Value:
        """(steps, channels) → the same."""
        require_sequence(graph, x)
        steps, channels = x.shape
        angles = np.arange(steps)[:, None] * 10_000.0 ** (-2 * (np.arange(channels) // 2) / channels)
        waves = np.where(np.arange(channels) % 2, np.cos(angles), np.sin(angles))
        return graph.apply("add", x, graph.constant("waves", waves))


def require_sequence(graph: Graph, x: Value) -> None:
    """Raises InputError unless x has steps and channels."""
    if len(x.shape) != 2:
        raise misfit(graph, f"expected a sequence (steps, channels), got {list(x.shape)}", "put an embedding before it")
