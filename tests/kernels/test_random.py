"""What is random has the same bits on the cpu as in the reference kernels."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.kernels.reference import find
from dltool.kernels.reference.random import pair_bits
from dltool.ops.graph import Graph
from dltool.ops.op import StepRecord
from tests.contract.bound import Bound, by_reference

KEYS = (0, 7, 5 << 32, 2**64 - 1)


def record(rows: int, *, step: int = 0, epoch: int = 0, position: int = 0, preceding: int = 0) -> StepRecord:
    return StepRecord(step, epoch, position, rows, 1 / rows, preceding=preceding)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("total", [1, 2, 3, 15, 16, 17, 100, 1437, 70001])
def test_the_order_of_an_epoch(total: int, key: int):
    graph = Graph(training=True)
    rows = graph.apply("order", shuffle=1, key=key)
    for planned, threads in ((1, 1), (40, 1), (40, 3)):
        bound = Bound(graph, {"target": np.zeros((total, 1), np.float32)}, planned, threads)
        for position in (0, total // 2, max(0, total - 5)):  # the last batch begins again with the first rows
            for epoch in (0, 3):
                step = record(planned, epoch=epoch, position=position)
                expected = find("order")(rows_total=total, shuffle=1, key=key, step=step)
                given = bound.run(step)[rows.name]
                np.testing.assert_array_equal(given, expected, f"{planned} rows from {position}, cpu, then reference")


@pytest.mark.parametrize("shape", [(1,), (16,), (33,), (3, 17)], ids=str)
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.999])
def test_what_dropout_drops(shape: tuple[int, ...], rate: float):
    for key, stream in zip(KEYS, (1, 2, 3, 2**31), strict=True):
        graph = Graph(training=True)
        x = graph.apply("gather", graph.data("x", shape), graph.apply("order"))
        _, mask = graph.apply("dropout", x, rate=rate, stream=stream, key=key)
        ones = np.ones((30, *shape), np.float32)
        for threads in (1, 3):
            bound = Bound(graph, {"x": ones, "target": ones}, 30, threads)
            for step in (
                record(30),
                record(7, step=5, position=30),
                record(30, step=2**32 - 1, position=2**31),
                record(11, position=35, preceding=5),
            ):
                attributes = {"rate": rate, "stream": stream, "key": key}
                _, expected = find("dropout")(ones[: step.rows], **attributes, step=step)
                np.testing.assert_array_equal(bound.run(step)[mask.name], expected, f"{step}, cpu, then reference")


@pytest.mark.parametrize("causal", [0, 1])
def test_which_attention_weights_are_dropped(causal: int):
    """Over several tiles: with equal queries and unit vectors as values, the outputs are the weights."""
    steps, rate = 150, 0.25
    shared = {"heads": 2, "groups": 1, "causal": causal, "scale": 1.0, "rate": rate, "stream": 3, "key": KEYS[-1]}
    graph = Graph(training=True)
    qkv = graph.apply("gather", graph.data("qkv", (steps, 4 * steps)), graph.apply("order"))
    y, _ = graph.apply("attention", qkv, **shared)
    given = np.zeros((5, steps, 4 * steps), np.float32)
    given[:, :, -steps:] = np.eye(steps)
    seen = np.tri(steps) if causal else np.ones((steps, steps))
    for threads in (1, 3):
        bound = Bound(graph, {"qkv": given, "target": np.zeros((5, 1), np.float32)}, 5, threads)
        for step in (record(5), record(3, step=2**32 - 1, position=2**32 - 2), record(1, position=1)):
            weights = bound.run(step)[y.name].reshape(step.rows, steps, 2, steps).swapaxes(1, 2)
            bits = pair_bits(step.rows, 2, steps, key=KEYS[-1], stream=3, step=step.step, position=step.position)
            expected = (bits >= rate * 2**32) / (1 - rate) * seen / seen.sum(axis=1, keepdims=True)
            np.testing.assert_allclose(weights, expected, rtol=1e-6, err_msg=f"{step}")


def test_every_sample_head_and_query_drops_other_attention_weights():
    dropped = pair_bits(3, 2, 40, key=7, stream=1, step=5, position=9) < 2**30
    rows = dropped.reshape(-1, 40)
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert abs(dropped.mean() - 0.25) < 0.01
    again = pair_bits(1, 2, 40, key=7, stream=1, step=5, position=10) < 2**30
    np.testing.assert_array_equal(again[0], dropped[1])  # whatever batch a sample is in


def test_the_gradient_of_attention_drops_the_same_weights_over_several_tiles():
    steps, shared = 150, {"heads": 2, "groups": 1, "causal": 1, "scale": 0.5, "rate": 0.25, "stream": 3, "key": 7}
    graph = Graph(training=True)
    rows = graph.apply("order")
    qkv = graph.apply("gather", graph.data("qkv", (steps, 20)), rows)
    dy = graph.apply("gather", graph.data("dy", (steps, 10)), rows)
    graph.apply("attention", qkv, **shared)
    with graph.part("backward"):
        (dqkv,) = graph.nodes[-1].op.gradient(graph, graph.nodes[-1], dy)
    generator = np.random.default_rng(0)
    arrays = {name: generator.standard_normal((3, steps, n), np.float32) for name, n in (("qkv", 20), ("dy", 10))}
    arrays["target"] = np.zeros((3, 1), np.float32)
    step = record(3, step=4, position=9)
    values = Bound(graph, arrays, 3, 2).run(step)
    (expected,) = by_reference(dqkv.producer, {**values, **arrays}, step).values()
    np.testing.assert_allclose(values[dqkv.name], expected, rtol=0, atol=1e-5)
