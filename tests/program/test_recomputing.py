"""What is made again for the backward has the same bits as what was not kept, and takes less memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.contract.networks import HEAD, Row


def conv(filters: int = 16, **fields: Any) -> dict[str, Any]:
    return {"conv2d": {"filters": filters, "padding": "same", "bias": False, **fields}}


NORM = ["batch_norm", "relu"]
TABLE: list[tuple[str, list[Any], int]] = [
    ("a chain", [conv(), *NORM, conv(), *NORM, conv(), *NORM, "flatten"], 2),
    ("a residual", [conv(), *NORM, {"residual": [conv(), *NORM, conv(), "batch_norm"]}, "relu", "flatten"], 2),
    ("two branches", [conv(), *NORM, {"parallel": [[conv(), *NORM], [conv(kernel=1)]]}, "global_average_pool"], 1),
    ("a depthwise reader", [conv(), *NORM, {"depthwise_conv2d": {"padding": 1}}, *NORM, conv(), "flatten"], 1),
    ("another activation", [conv(), "batch_norm", "tanh", conv(), "flatten"], 0),
    ("read by others too", [conv(), "batch_norm", {"residual": ["relu"]}, "flatten"], 0),
]


@pytest.mark.parametrize(("what", "layers", "again"), TABLE, ids=[row[0] for row in TABLE])
def test_nothing_but_memory_changes(what: str, layers: list[Any], again: int, monkeypatch: pytest.MonkeyPatch):
    row = Row(what, [*layers, *HEAD], shape=(8, 8, 3))
    less = row.engine(threads=2)
    program = row.network(training=True).program
    assert sum(node.part == "backward" and node.op.yaml_name == "normalize" for node in program.nodes) == again
    monkeypatch.setattr("dltool.program.building.recompute", lambda graph: None)
    more = row.engine()
    kept = row.network(training=True).program
    assert program.memory.arena_bytes <= kept.memory.arena_bytes
    losses = [engine.train("train", row.steps(0, 3), collect=False).losses for engine in (less, more)]
    assert losses[0].tobytes() == losses[1].tobytes()
    for name, array in less.read().items():
        np.testing.assert_array_equal(array, more.read()[name], err_msg=name)


def test_a_transformer_takes_less_memory(monkeypatch: pytest.MonkeyPatch):
    block = {"transformer_block": {"heads": 2, "causal": True}}
    row = Row("", [{"dense": 32}, {"repeat": {"times": 4, "layers": [block]}}, "flatten", *HEAD], shape=(6, 7))
    kept = row.engine(), row.network(training=True).program
    for name in ("recomputing.LARGE", "recomputing.ENOUGH", "stages.WAITING"):
        monkeypatch.setattr(f"dltool.program.{name}", 1)
    again = row.engine(threads=2), row.network(training=True).program
    assert again[1].memory.arena_bytes < 0.6 * kept[1].memory.arena_bytes
    losses = [engine.train("train", row.steps(0, 3), collect=False).losses for engine, _ in (kept, again)]
    assert losses[0].tobytes() == losses[1].tobytes()
    for name, array in kept[0].read().items():
        np.testing.assert_array_equal(array, again[0].read()[name], err_msg=name)
