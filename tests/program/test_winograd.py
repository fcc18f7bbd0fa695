"""Winograd convolutions replace direct ones where that is less work, and give the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.contract.networks import HEAD, Row

CLOSE = 2e-5  # of a loss, after some steps: the numbers of both ways differ by a few roundings


def conv(filters: int = 32, **fields: Any) -> dict[str, Any]:
    return {"conv2d": {"filters": filters, "padding": "same", **fields}}


IMAGE = (12, 12, 3)
SERIES = [{"conv1d": {"filters": 32, "kernel": 5}}, "relu", {"conv1d": 32}, "relu", "global_average_pool"]
#: layers, shape of a sample, and how many convolutions of the forward and of both gradients take Winograd's form
TABLE: list[tuple[list[Any], tuple[int, ...], tuple[int, int, int]]] = [
    ([conv(), "relu", conv(), "relu", conv(), "flatten"], IMAGE, (2, 2, 2)),  # the first one has three channels
    ([conv(), "batch_norm", "relu", conv(kernel=5), "batch_norm", "flatten"], IMAGE, (1, 1, 1)),
    ([conv(), {"residual": [conv(), "relu"]}, "global_average_pool"], IMAGE, (1, 1, 1)),
    (SERIES, (30, 32), (2, 1, 2)),  # nothing lies before the first one
    ([conv(), conv(stride=2), conv(kernel=1), conv(dilation=2), conv(kernel=4), "flatten"], IMAGE, (0, 0, 0)),
    (
        [conv(), {"max_pool2d": 6}, conv(), "flatten"],
        IMAGE,
        (0, 0, 0),
    ),  # images of 2 x 2 would fill a quarter of a tile
    ([conv(4), conv(4), "flatten"], IMAGE, (0, 0, 0)),
    ([conv(6), conv(kernel=5), "flatten"], IMAGE, (0, 1, 0)),  # its x has few channels
    ([conv(), conv(6), "flatten"], IMAGE, (1, 0, 0)),  # its y has
]


@pytest.mark.parametrize(("layers", "shape", "counts"), TABLE, ids=str)
def test_what_is_less_work_gives_the_same_numbers(
    layers: list[Any], shape: tuple[int, ...], counts: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
):
    row = Row("points", [*layers, *HEAD], shape=shape)
    names = [(node.op.yaml_name, node.part) for node in row.network(training=True).program.nodes]
    wanted = [("winograd", "forward"), ("winograd", "backward"), ("winograd_weight_gradient", "backward")]
    assert tuple(names.count(each) for each in wanted) == counts
    by_points = row.engine(threads=2)
    monkeypatch.setattr("dltool.program.lowering.lower_convolutions", lambda graph: None)
    direct = row.engine(threads=2)
    losses = [engine.train("train", row.steps(0, 3), collect=False).losses for engine in (by_points, direct)]
    np.testing.assert_allclose(*losses, rtol=CLOSE)
    if not any(counts):
        assert losses[0].tobytes() == losses[1].tobytes()


WIDE = {"conv2d": {"filters": 32, "kernel": 5}}
#: layers and shapes where some weights never meet a pixel that is not 0
IDLE: list[tuple[list[Any], tuple[int, ...]]] = [
    ([conv(kernel=5), "flatten"], (2, 2, 32)),
    ([conv(kernel=5), "relu", conv(kernel=5), "flatten"], (1, 8, 32)),
    ([{"conv1d": {"filters": 32, "kernel": 5, "padding": "same"}}, "flatten"], (2, 32)),
    ([{"zero_pad2d": 2}, WIDE, "flatten"], (2, 2, 32)),
    ([conv(kernel=5), {"max_pool2d": 2}, "flatten"], (3, 3, 32)),  # the pool leaves the last row and column out
    ([{"dense": 8 * 8 * 16}, {"reshape": [8, 8, 16]}, conv(), {"max_pool2d": 3}, "flatten"], (7,)),
    ([{"dense": 8 * 8 * 16}, {"reshape": [8, 8, 16]}, conv(), {"crop2d": [[0, 2], [2, 0]]}, "flatten"], (7,)),
]


@pytest.mark.parametrize(("layers", "shape"), IDLE, ids=str)
def test_weights_without_a_gradient_do_not_move(
    layers: list[Any], shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
):
    row = Row("idle", [*layers, *HEAD], shape=shape, config={"optimizer": {"adam": 0.01}})
    assert "winograd" in [node.op.yaml_name for node in row.network(training=True).program.nodes]
    still = resting(row)
    monkeypatch.setattr("dltool.program.lowering.lower_convolutions", lambda graph: None)
    direct = resting(row)
    assert any(places.any() for places in direct.values())
    for name, places in direct.items():
        np.testing.assert_array_equal(still[name], places, err_msg=name)


def resting(row: Row) -> dict[str, np.ndarray]:
    """Which numbers of every parameter are the same after an epoch."""
    engine, names = row.engine(), [value.name for value in row.network(training=True).graph.parameters()]
    before = engine.read()
    engine.train("train", row.steps(0, 3), collect=False)
    after = engine.read()
    return {name: before[name] == after[name] for name in names if name.endswith("weight")}


def test_a_relu_on_a_blank_ground_passes_no_gradient(monkeypatch: pytest.MonkeyPatch):
    layers = [{"zero_pad2d": 6}, conv(16, activation="relu"), conv(activation="relu"), conv(activation="relu")]
    row = Row("blank", [*layers, "flatten", *HEAD], shape=(8, 8, 1), config={"optimizer": {"sgd": 1.0}})
    by_points = biases(row)
    monkeypatch.setattr("dltool.program.lowering.lower_convolutions", lambda graph: None)
    direct = biases(row)
    for name, bias in direct.items():  # some values near 0 have another sign by rounding; the ground is far more
        np.testing.assert_allclose(by_points[name], bias, atol=0.02 * np.abs(bias).max(), err_msg=name)


def biases(row: Row) -> dict[str, np.ndarray]:
    """The biases, which start at 0, after a step."""
    engine = row.engine()
    engine.train("train", row.steps(0, 1), collect=False)
    return {name: array for name, array in engine.read().items() if name.endswith("bias")}
