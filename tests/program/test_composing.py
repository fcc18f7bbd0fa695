"""Ops compose: attention, written with the primitives alone, has its slope and runs on the cpu like the reference."""

from __future__ import annotations

import numpy as np

from dltool.ops.graph import Graph, Value
from dltool.ops.op import StepRecord
from dltool.program.gradient import differentiate
from dltool.runtime.interpreter import run_graph
from tests.contract.bound import Bound

ROWS, LENGTH, HEADS, WIDTH = 3, 5, 2, 3
STEP = StepRecord(0, 0, 0, ROWS, 1 / ROWS)


def attention(graph: Graph, x: Value) -> Value:
    """Causal self-attention (Vaswani et al. 2017) over x (length, channels), to the same."""
    inner = HEADS * WIDTH
    both = graph.parameter("weight", (x.shape[-1], 3 * inner), _normal, decay=True)
    places = graph.parameter("places", x.shape, _normal, decay=False)
    mask = graph.constant("mask", np.triu(np.full((LENGTH, LENGTH), -1e9), 1))
    parts = graph.apply("split", graph.apply("matmul", graph.apply("add", x, places), both), parts=3)
    q, k, v = (_heads(graph, part) for part in parts)
    scores = graph.apply("scale", graph.apply("batched_matmul", q, k, transpose_y=1), factor=WIDTH**-0.5)
    mixed = graph.apply("batched_matmul", graph.apply("softmax", graph.apply("add", scores, mask)), v)
    joined = graph.apply("reshape", graph.apply("transpose", mixed, first=0, second=1), shape=(LENGTH, inner))
    return graph.apply("matmul", joined, graph.parameter("out", (inner, x.shape[-1]), _normal, decay=True))


def _heads(graph: Graph, x: Value) -> Value:
    return graph.apply("transpose", graph.apply("reshape", x, shape=(LENGTH, HEADS, WIDTH)), first=0, second=1)


def _normal(shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    return generator.normal(size=shape)


def _graph() -> tuple[Graph, Value, dict[Value, Value]]:
    graph = Graph(training=True)
    with graph.part("batch"):
        rows = graph.apply("order")
        x = graph.apply("gather", graph.data("x", (LENGTH, 4)), rows)
        target = graph.apply("gather_targets", graph.data("target", (4,)), rows)
    y = graph.apply("mean", attention(graph, x), over=(0,))
    loss = graph.apply("mse", graph.apply("reshape", y, shape=(4,)), target)
    with graph.part("batch"):
        mean = graph.apply("mean_loss", loss)
    return graph, mean, differentiate(graph, loss)


def _arrays(graph: Graph, float_type: str) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(2)
    own = [value for value in graph.values.values() if value.role in ("parameter", "constant")]
    arrays = {v.name: v.initial(v.shape, generator) for v in own if v.initial}
    arrays |= {"x": generator.normal(size=(ROWS, LENGTH, 4)), "target": generator.normal(size=(ROWS, 4))}
    return {name: array.astype(float_type) for name, array in arrays.items()}


def test_attention_has_its_slope():
    graph, loss, gradients = _graph()
    arrays = _arrays(graph, "float64")
    values = run_graph(graph, arrays, STEP)
    for parameter, gradient in gradients.items():
        x = arrays[parameter.name]
        for place in np.ndindex(x.shape):
            ends = []
            for step in (1e-5, -1e-5):
                moved = x.copy()
                moved[place] += step
                ends.append(run_graph(graph, {**arrays, parameter.name: moved}, STEP)[loss.name])
            slope = (ends[0] - ends[1]) / 2e-5
            assert abs(slope - values[gradient.name][place]) <= 1e-7 * max(1, abs(slope)), f"{parameter}{place}"


def test_attention_runs_on_the_cpu_like_the_reference():
    graph, _, gradients = _graph()
    arrays = _arrays(graph, "float32")
    expected = run_graph(graph, _arrays(graph, "float64"), STEP)
    one, *more = (Bound(graph, arrays, ROWS, threads).run(STEP) for threads in (1, 2, 3))
    for gradient in gradients.values():
        np.testing.assert_allclose(one[gradient.name], expected[gradient.name], rtol=0, atol=1e-5)
        for other in more:
            assert other[gradient.name].tobytes() == one[gradient.name].tobytes()


def test_what_comes_later_is_masked():
    graph, _, _ = _graph()
    arrays = _arrays(graph, "float64")
    changed = {**arrays, "x": arrays["x"].copy()}
    changed["x"][:, -1] += 1
    weights = next(node.outputs[0].name for node in graph.nodes if node.op.yaml_name == "softmax")
    before, after = (run_graph(graph, given, STEP)[weights] for given in (arrays, changed))
    np.testing.assert_array_equal(before[:, :, :-1], after[:, :, :-1])
    np.testing.assert_array_equal(np.triu(before, 1), 0)
