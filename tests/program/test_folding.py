"""Folding of batch normalization leaves what an evaluation says as it is, and leaves nothing of it behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.contract.networks import HEAD, Row

CONV = {"conv2d": {"filters": 17, "kernel": 3, "padding": 1}}
BARE = {"conv2d": {"filters": 5, "bias": False}}
DEPTHWISE = {"depthwise_conv2d": {"bias": False}}
DENSE = {"dense": {"units": 9, "bias": False}}

TABLE: list[tuple[str, list[Any], int]] = [
    ("a convolution", [BARE, "batch_norm", "relu", "flatten"], 0),
    ("channels apart", [DEPTHWISE, "batch_norm", "flatten"], 0),
    ("a dense layer", ["flatten", DENSE, "batch_norm", "tanh"], 0),
    ("two in a row", [BARE, "batch_norm", "relu", BARE, "batch_norm", "flatten"], 0),
    ("behind a bias", [CONV, "batch_norm", "flatten"], 1),
    ("behind an activation", [BARE, "relu", "batch_norm", "flatten"], 1),
    ("read by others too", [BARE, {"residual": ["batch_norm", "relu"]}, "flatten"], 1),
]


@pytest.mark.parametrize(("what", "layers", "left"), TABLE, ids=[row[0] for row in TABLE])
def test_evaluation_is_the_same_without_the_norm(
    what: str, layers: list[Any], left: int, monkeypatch: pytest.MonkeyPatch
):
    row = Row(what, [*layers, *HEAD], shape=(6, 5, 3))
    folded = row.engine()
    monkeypatch.setattr("dltool.program.lowering.fold_normalizations", lambda graph: None)
    plain = row.engine()
    names = [node.op.yaml_name for node in folded._evaluation[-1].graph.nodes]
    assert names.count("batch_norm_inference") == left
    for engine in (folded, plain):
        engine.train("train", row.steps(0, 3), collect=False)
    losses = [engine.evaluate("train", use_average=False).losses for engine in (folded, plain)]
    np.testing.assert_allclose(*losses, rtol=1e-5)
