"""What the loss has taken over is not computed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.networks import HEAD, Row


@pytest.mark.parametrize(
    ("model", "config", "computed"),
    [
        ([*HEAD, "softmax"], {}, False),
        ([*HEAD, "softmax"], {"compat": "torch"}, True),
        ([{"dense": {"units": "classes", "activation": "softmax"}}], {}, False),
        (["softmax", *HEAD], {}, True),
    ],
)
@pytest.mark.parametrize("training", [True, False])
def test_a_softmax_before_the_loss_is_left_out(
    model: list[Any], config: dict[str, Any], computed: bool, training: bool
):
    program = Row("", model, config=config).network(training=training).program
    assert ("softmax" in {node.op.yaml_name for node in program.nodes}) is computed
    assert ("softmax" in {node.op.yaml_name for node in program.graph.nodes}) is True


def test_gradients_that_no_parameter_needs_are_not_computed():
    graph = Row("", ["relu", *HEAD]).network(training=True).graph
    names = [node.op.yaml_name for node in graph.nodes]
    assert "relu_gradient" not in names
    assert names.count("matmul_data_gradient") == names.count("matmul") - 1
