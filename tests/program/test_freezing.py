"""Frozen parameters: what is not computed for them, what is not kept for them, and patterns that fit nothing."""

from __future__ import annotations

from typing import Any

import pytest

from dltool.errors import InputError
from dltool.program.building import Network
from dltool.program.summary import step_flops, summarize
from tests.contract.networks import HEAD, Row

HIDDEN = {"dense": {"units": 17, "activation": "relu"}}
CONVOLUTIONS = [{"conv2d": {"filters": 4}}, "batch_norm", "relu", {"conv2d": {"filters": 4}}, "flatten", *HEAD]


def network(model: list[Any], freeze: str | list[str], shape: tuple[int, ...] = (7,), **config: Any) -> Network:
    return Row("", model, shape=shape, config={"freeze": freeze, **config}).network(training=True)


def ops(network: Network) -> list[str]:
    return [node.op.yaml_name for fused in network.program.nodes for node in (fused, *fused.epilogue)]


def test_the_backward_ends_above_the_lowest_trained_layer():
    found = ops(network([HIDDEN, HIDDEN, HIDDEN, *HEAD], ["dense_1.*", "dense_2.*"]))
    assert found.count("matmul") == 4
    assert found.count("matmul_weight_gradient") == 2
    assert found.count("matmul_data_gradient") == 1
    assert found.count("relu_gradient") == 1


def test_only_the_bias_is_trained():
    found = ops(network([HIDDEN, *HEAD], "*.weight"))
    assert "matmul_weight_gradient" not in found
    assert found.count("sum_rows") == 2


def test_convolutions_below_are_run_forward_alone():
    found = ops(network(CONVOLUTIONS, ["conv2d_*", "batch_norm_1.gain"], shape=(8, 8, 3)))
    assert found.count("conv") == 2
    assert not [name for name in found if name.startswith("conv_")]
    assert not [name for name in found if name.endswith("moments")]
    assert found.count("batch_norm_inference") == 1


@pytest.mark.parametrize(
    ("compat", "fields", "kept"),
    [
        (None, {}, True),
        ("keras", {}, True),
        ("torch", {}, False),
        ("mxnet", {}, False),
        ("torch", {"freeze_statistics": True}, True),
        ("keras", {"freeze_statistics": False}, False),
    ],
)
def test_a_frozen_batch_norm_keeps_its_statistics_where_the_framework_does(
    compat: str | None, fields: dict[str, Any], kept: bool
):
    model = [HIDDEN, {"batch_norm": fields}, HIDDEN, *HEAD]
    graph = network(model, "batch_norm_1.bias", compat=compat).graph
    moving = [node for node in graph.nodes if graph.values["batch_norm_1.running_mean"] in node.updated]
    assert bool(moving) != kept
    assert graph.values["batch_norm_1.bias"].frozen
    gain = graph.values["batch_norm_1.gain"]
    assert gain.role == "constant" if compat == "mxnet" else gain.frozen == kept


def test_no_slots_and_no_averages_are_kept():
    train = {"average": 0.9, "accumulate": 2}
    graph = network([HIDDEN, *HEAD], "dense_1.*", optimizer={"adam": {"weight_decay": 0.1}}, train=train).graph
    assert {value.of.name for value in graph.values.values() if value.of} == {"dense_2.weight", "dense_2.bias"}


def test_the_summary_tells_what_is_frozen():
    made = network([HIDDEN, "batch_norm", *HEAD], ["dense_1.weight", "batch_norm_*"])
    summary = summarize(made)
    assert [layer.frozen_count for layer in summary.layers] == [7 * 17, 2 * 17, 0]
    assert summary.frozen_count == 9 * 17
    assert summary.parameter_count == 9 * 17 + 17 + 17 * 5 + 5
    assert summary.step_flops == step_flops(made) < step_flops(network([HIDDEN, "batch_norm", *HEAD], []))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("freeze", "lines"),
    [
        ("dense_1.bais", ["freeze: no parameter of the network fits 'dense_1.bais'; did you mean 'dense_1.bias'?"]),
        (["dens_1.*", "*"], [
            "freeze: no parameter of the network fits 'dens_1.*'; did you mean 'dense_1.*'?",
            "freeze: every parameter is frozen, so there is nothing to train",
        ]),
        ("conv2d_*", ["freeze: no parameter of the network fits 'conv2d_*'; allowed: dense_1.*, dense_2.*"]),
    ],
)  # fmt: skip
def test_patterns_that_fit_nothing(freeze: str | list[str], lines: list[str], training: bool):
    with pytest.raises(InputError) as error:
        Row("", [HIDDEN, *HEAD], config={"freeze": freeze}).network(training=training)
    assert str(error.value).splitlines() == lines
