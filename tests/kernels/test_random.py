"""What is random has the same bits on the cpu as in the reference kernels."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.kernels.reference import find
from dltool.ops.graph import Graph
from dltool.ops.op import StepRecord
from tests.contract.bound import Bound

KEYS = (0, 7, 5 << 32, 2**64 - 1)


def record(rows: int, *, step: int = 0, epoch: int = 0, position: int = 0) -> StepRecord:
    return StepRecord(step, epoch, position, rows, 1 / rows)


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
            for step in (record(30), record(7, step=5, position=30), record(30, step=2**32 - 1, position=2**31)):
                attributes = {"rate": rate, "stream": stream, "key": key}
                _, expected = find("dropout")(ones[: step.rows], **attributes, step=step)
                np.testing.assert_array_equal(bound.run(step)[mask.name], expected, f"{step}, cpu, then reference")
