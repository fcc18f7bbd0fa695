"""Convolutions by way of points take the place of direct ones where that is less work, and give the same numbers."""

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
#: layers, shape of a sample, and of how many convolutions the forward and both gradients go by way of points
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
    monkeypatch.setattr("dltool.program.building.lower_convolutions", lambda graph: None)
    direct = row.engine(threads=2)
    losses = [engine.train("train", row.steps(0, 3), collect=False).losses for engine in (by_points, direct)]
    np.testing.assert_allclose(*losses, rtol=CLOSE)
    if not any(counts):
        assert losses[0].tobytes() == losses[1].tobytes()
