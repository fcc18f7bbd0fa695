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
        shape = graph.context or x.shape[0], x.shape[1]
        return added_rows(graph, x, graph.parameter("weight", shape, self.initializer.initial(*shape), decay=True))


@register("layer", "sinusoidal_positions")
class SinusoidalPositions(Layer):
    """Adds sines and cosines of the step, of ever longer waves (Vaswani et al. 2017)."""

    def build(self, graph: Graph, x: Value) -> Value:
        """(steps, channels) → the same."""
        require_sequence(graph, x)
        steps, channels = graph.context or x.shape[0], x.shape[1]
        angles = np.arange(steps)[:, None] * 10_000.0 ** (-2 * (np.arange(channels) // 2) / channels)
        waves = np.where(np.arange(channels) % 2, np.cos(angles), np.sin(angles))
        # networks for texts of different lengths share what has the same name
        return added_rows(graph, x, graph.constant(f"waves_{steps}", waves))


def require_sequence(graph: Graph, x: Value) -> None:
    """Raises InputError unless x has steps and channels."""
    if len(x.shape) != 2:
        raise misfit(graph, f"expected a sequence (steps, channels), got {list(x.shape)}", "put an embedding before it")


def added_rows(graph: Graph, x: Value, rows: Value) -> Value:
    """x (steps, channels) plus a row for each of its steps, or for the only one at hand."""
    return graph.apply("add", x, rows if graph.context is None else graph.apply("row_of_position", rows))
