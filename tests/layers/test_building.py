"""What each layer adds to a graph: parameters, states, output shape, and what it refuses."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter

from dltool.config.description import Component
from dltool.errors import InputError
from dltool.layers.layer import Layer, build_layers
from dltool.ops.graph import Graph, Value

LAYERS = TypeAdapter(list[Annotated[Layer, Component("layer")]])


def build(
    layers: list[Any], shape: tuple[int, ...] = (6,), compat: str | None = None, **graph: Any
) -> tuple[Graph, Value]:
    made = Graph(**{"training": True, "outputs": 3, "compat": compat, **graph})
    y = build_layers(made, LAYERS.validate_python(layers, context={"compat": compat}), made.data("x", shape))
    return made, y


DENSE = {"dense_1.weight": (6, 4), "dense_1.bias": (4,)}
NORM = {"gain": (6,), "bias": (6,)}
# layers, input, output, parameters, states
TABLE: list[tuple[Any, tuple[int, ...], tuple[int, ...], dict[str, Any], dict[str, Any]]] = [
    ({"dense": 4}, (6,), (4,), DENSE, {}),
    ({"dense": {"units": 4, "activation": "relu"}}, (6,), (4,), DENSE, {}),
    ({"dense": {"units": 4, "bias": False}}, (6,), (4,), {"dense_1.weight": (6, 4)}, {}),
    ({"dense": {"units": "classes", "name": "out"}}, (6,), (3,), {"out.weight": (6, 3), "out.bias": (3,)}, {}),
    ({"dense": "targets"}, (5, 6), (5, 3), {"dense_1.weight": (6, 3), "dense_1.bias": (3,)}, {}),
    ({"dense": {"units": 2, "flatten": True}}, (3, 2), (2,), {"dense_1.weight": (6, 2), "dense_1.bias": (2,)}, {}),
    ("relu", (6,), (6,), {}, {}),
    ({"leaky_relu": 0.1}, (6,), (6,), {}, {}),
    ({"elu": 2.0}, (2, 3), (2, 3), {}, {}),
    ("softmax", (6,), (6,), {}, {}),
    ("linear", (6,), (6,), {}, {}),
    ({"dropout": 0.1}, (6,), (6,), {}, {}),
    ("flatten", (2, 3), (6,), {}, {}),
    ({"reshape": [2, 3]}, (6,), (2, 3), {}, {}),
    ({"reshape": [-1, 2]}, (6,), (3, 2), {}, {}),
    (
        "batch_norm",
        (6,),
        (6,),
        {f"batch_norm_1.{name}": shape for name, shape in NORM.items()},
        {"batch_norm_1.running_mean": (6,), "batch_norm_1.running_variance": (6,)},
    ),
    ("layer_norm", (2, 6), (2, 6), {f"layer_norm_1.{name}": shape for name, shape in NORM.items()}, {}),
    (
        {"residual": [{"dense": 6}]},
        (6,),
        (6,),
        {"residual_1.dense_1.weight": (6, 6), "residual_1.dense_1.bias": (6,)},
        {},
    ),
    (
        {"parallel": {"branches": [[{"dense": {"units": 4, "bias": False}}], []], "merge": "concat"}},
        (6,),
        (10,),
        {"parallel_1.branch_1.dense_1.weight": (6, 4)},
        {},
    ),
    ({"parallel": [[], ["relu"], ["tanh"]]}, (6,), (6,), {}, {}),
    (
        {"repeat": {"times": 2, "layers": [{"dense": {"units": 4, "bias": False}}]}},
        (6,),
        (4,),
        {"repeat_1.block_1.dense_1.weight": (6, 4), "repeat_1.block_2.dense_1.weight": (4, 4)},
        {},
    ),
    (
        {"sequential": {"layers": ["relu", {"dense": 4}], "name": "body"}},
        (6,),
        (4,),
        {f"body.{n}": s for n, s in DENSE.items()},
        {},
    ),
]


@pytest.mark.parametrize(
    ("layer", "given", "expected", "parameters", "states"), TABLE, ids=lambda value: str(value)[:60]
)
def test_a_layer_has_its_parameters_and_shape(
    layer: Any, given: tuple[int, ...], expected: tuple[int, ...], parameters: dict[str, Any], states: dict[str, Any]
) -> None:
    graph, y = build([layer], given)
    assert y.shape == expected
    assert {value.name: value.shape for value in graph.parameters()} == parameters
    assert {value.name: value.shape for value in graph.values.values() if value.role == "state"} == states


@pytest.mark.parametrize(
    "kind", ["relu", "selu", "gelu", "gelu_tanh", "silu", "tanh", "sigmoid", "softplus", "softmax"]
)
def test_an_activation_is_the_op_of_its_name_as_field_and_as_layer(kind: str) -> None:
    for layers in ([{"dense": {"units": 4, "activation": kind}}], [{"dense": 4}, kind]):
        _, y = build(layers)
        assert y.producer is not None
        assert y.producer.op.yaml_name == kind


def test_layers_of_one_kind_are_numbered_and_only_matrices_decay() -> None:
    graph, _ = build([{"dense": 4}, "layer_norm", {"dense": 2}])
    assert [(value.name, value.decay) for value in graph.parameters()] == [
        ("dense_1.weight", True),
        ("dense_1.bias", False),
        ("layer_norm_1.gain", False),
        ("layer_norm_1.bias", False),
        ("dense_2.weight", True),
        ("dense_2.bias", False),
    ]


def test_gains_decay_where_mxnet_is_imitated() -> None:
    graph, _ = build(["layer_norm"], compat="mxnet")
    assert [value.decay for value in graph.parameters()] == [True, False]


def test_a_batch_norm_without_gain_learns_only_its_bias() -> None:
    graph, _ = build(["batch_norm"], compat="mxnet")
    assert [value.name for value in graph.parameters()] == ["batch_norm_1.bias"]


@pytest.mark.parametrize(("training", "rate", "ops"), [(True, 0.5, ["dropout"]), (False, 0.5, []), (True, 0.0, [])])
def test_dropout_acts_in_training_only(training: bool, rate: float, ops: list[str]) -> None:
    graph, _ = build([{"dropout": rate}], training=training)
    assert [node.op.yaml_name for node in graph.nodes] == ops


def test_every_dropout_has_a_random_stream_of_its_own() -> None:
    graph, _ = build([{"repeat": {"times": 3, "layers": ["dropout"]}}])
    assert len({node.attributes["stream"] for node in graph.nodes}) == 3


def test_batch_norm_uses_running_statistics_at_evaluation() -> None:
    graph, _ = build(["batch_norm"], training=False)
    assert [node.op.yaml_name for node in graph.nodes] == ["batch_norm_inference"]


def test_batch_norm_passes_the_new_share_and_warns_of_pytorch_s_way_of_counting() -> None:
    graph, _ = build(["batch_norm"], compat="torch")
    attributes = graph.nodes[0].attributes
    assert (round(attributes["momentum"], 12), attributes["eps"], attributes["unbiased"]) == (0.1, 1e-5, 1)
    assert graph.warnings == []
    graph, _ = build([{"batch_norm": {"momentum": 0.1}}])
    assert "PyTorch's momentum of 0.1 is written 0.9 here" in graph.warnings[0]


REFUSED = [
    ([{"residual": [{"dense": 4}]}], (6,), "residual_1: the layers turn [6] into [4], which cannot be added"),
    ([{"parallel": [[{"dense": 4}], []]}], (6,), "parallel_1: cannot add branches of shapes [4], [6]; make them alike"),
    (
        [{"parallel": {"branches": [["flatten"], []], "merge": "concat"}}],
        (2, 3),
        "parallel_1: cannot join branches of shapes [6], [2, 3]",
    ),
    ([{"reshape": [4, 2]}], (6,), "reshape_1: cannot reshape [6] to [4, 2]; a sample has 6 elements, this shape 8"),
    ([{"reshape": [4, -1]}], (6,), "a sample has 6 elements, this shape a multiple of 4"),
    (
        [{"dense": {"units": 4, "name": "a"}}, {"dense": {"units": 4, "name": "a"}}],
        (6,),
        "a: two layers have this name",
    ),
    ([{"dense": {"units": 4, "name": "dense_1"}}, {"dense": 4}], (6,), "dense_1: two layers have this name"),
    ([{"residual": [{"parallel": [[{"dense": 4}], []]}]}], (6,), "residual_1.parallel_1: cannot add"),
    (["global_average_pool", {"lstm": 4}], (5, 3), "got [3]; leave out the pooling before it"),
    (["global_max_pool", "relu", {"gru": 4}], (5, 3), "got [3]; leave out the pooling before it"),
    ([{"gru": 4}, {"lstm": 4}], (5, 3), "got [4]; give the recurrent layer before it return_sequences: true"),
    (
        [{"gru": {"units": 4, "bidirectional": True}}, {"conv1d": {"filters": 2, "kernel": 1}}],
        (5, 3),
        "got [8]; give the recurrent layer before it return_sequences: true",
    ),
    (["flatten", {"gru": 4}], (5, 3), "got [15]; leave out flatten before it"),
    ([{"gru": 4}], (6,), "got [6]; reshape it before this layer"),
]


@pytest.mark.parametrize(("layers", "shape", "message"), REFUSED, ids=lambda value: str(value)[:50])
def test_layers_that_do_not_fit_say_where_why_and_what_to_do(
    layers: list[Any], shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(InputError) as error:
        build(layers, shape)
    assert message in str(error.value)


@pytest.mark.parametrize(("units", "kind"), [("classes", "targets"), ("targets", "classes")])
def test_units_name_what_the_data_has(units: str, kind: str) -> None:
    with pytest.raises(InputError, match=f"units: {units}, but the data has {kind}; use {kind}"):
        build([{"dense": units}], output_kind=kind)


def test_only_an_embedding_takes_integers():
    layers = LAYERS.validate_python([{"sequential": ["relu"]}])
    graph = Graph(training=True)
    with pytest.raises(InputError, match="relu takes numbers, got integers; put an embedding before it"):
        build_layers(graph, layers, graph.data("x", (6,), "int32"))
    with pytest.raises(InputError, match=r"embedding takes integers, got numbers of shape \[6\]"):
        build([{"embedding": {"size": 4, "width": 3}}])
