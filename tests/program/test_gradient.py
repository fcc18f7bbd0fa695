"""Differentiation of a value with several readers: the sum of what each of them sends back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dltool.ops.graph import Graph, Value
from dltool.ops.op import StepRecord
from dltool.program.gradient import differentiate
from dltool.runtime.interpreter import run_graph

X, W, T = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([[0.5, 1.0], [2.0, -1.0]]), np.zeros((2, 2))
H = X @ W
STEP = StepRecord(step=0, epoch=0, position=0, rows=2, scale=0.5)


def _with_tanh(graph: Graph, h: Value) -> Value:
    return graph.apply("add", h, graph.apply("tanh", h))


@pytest.mark.parametrize(
    ("network", "y", "slope"),
    [
        (lambda graph, h: h, H, np.ones_like(H)),
        (lambda graph, h: graph.apply("add", h, h), 2 * H, np.full_like(H, 2)),
        (lambda graph, h: graph.apply("add", graph.apply("add", h, h), h), 3 * H, np.full_like(H, 3)),
        (_with_tanh, H + np.tanh(H), 2 - np.tanh(H) ** 2),
    ],
    ids=["once", "twice in one op", "three times", "in two ops"],
)
def test_gradients_add_up(network: Callable[[Graph, Value], Value], y: np.ndarray, slope: np.ndarray):
    graph = Graph(training=True)
    x, target = graph.data("x", (2,)), graph.data("target", (2,))
    w = graph.parameter("w", (2, 2), lambda shape, generator: W, decay=True)
    row_loss = graph.apply("mse", network(graph, graph.apply("matmul", x, w)), target)
    gradient = differentiate(graph, row_loss)[w]
    values = run_graph(graph, {"x": X, "target": T, "w": W}, STEP)
    np.testing.assert_allclose(values[gradient.name], X.T @ (y * slope) / 2)


def test_a_parameter_that_the_loss_does_not_depend_on_has_no_gradient():
    graph = Graph(training=True)
    x, target = graph.data("x", (2,)), graph.data("target", (2,))
    used, unused = (
        graph.parameter(name, (2, 2), lambda shape, generator: W, decay=True) for name in ("used", "unused")
    )
    graph.apply("matmul", x, unused)
    row_loss = graph.apply("mse", graph.apply("matmul", x, used), target)
    assert list(differentiate(graph, row_loss)) == [used]
