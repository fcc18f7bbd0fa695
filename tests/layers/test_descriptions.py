"""What a config may say of every layer, loss, optimizer, schedule and metric, and what it stands for by default."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from dltool.config.description import Component, Description
from dltool.registry import registered

KINDS = ("layer", "activation", "initializer", "loss", "optimizer", "schedule", "metric")
REQUIRED: dict[tuple[str, str], Any] = {
    ("layer", "dense"): {"units": "classes", "activation": {"elu": 0.5}, "name": "head"},
    ("layer", "columns"): {"names": ["a", "b"]},
    ("layer", "embedding"): {"size": 5, "width": 3},
    ("layer", "lstm"): {"units": 3, "layers": 2, "bidirectional": True},
    ("layer", "gru"): 3,
    ("layer", "simple_rnn"): {"units": 3, "activation": "relu"},
    ("layer", "multi_head_attention"): {"heads": 4, "groups": 2, "initializer": {"normal": 0.02}},
    ("layer", "transformer_block"): {"heads": 2, "activation": "silu", "gated": True},
    ("layer", "reshape"): [2, -1],
    ("layer", "residual"): ["relu", {"dense": 4}],
    ("layer", "parallel"): [["relu"], []],
    ("layer", "repeat"): {"times": 2, "layers": ["tanh"]},
    ("layer", "sequential"): [{"dropout": 0.1}],
    ("layer", "reversible_norm"): {"layers": ["flatten", {"dense": 4}], "center": "last", "deviation": False},
    ("layer", "conv2d"): {"filters": 4, "kernel": [3, 1], "padding": "same", "activation": "relu"},
    ("layer", "conv1d"): 4,
    ("layer", "conv2d_transpose"): {"filters": 4, "padding": [1, 0], "stride": 2},
    ("layer", "conv1d_transpose"): 4,
    ("layer", "zero_pad2d"): [[1, 0], [0, 2]],
    ("layer", "zero_pad1d"): 1,
    ("layer", "crop2d"): [1, 2],
    ("layer", "crop1d"): [0, 1],
    ("initializer", "constant"): 0.5,
    ("loss", "cross_entropy"): {"class_weights": {"a": 2, 1: 0.5}, "label_smoothing": 0.1},
    ("schedule", "step"): 5,
    ("schedule", "multistep"): [2, 4],
    ("schedule", "exponential"): 0.9,
    ("schedule", "cosine"): {"restarts": {"period": 2}},
}
EVERYTHING = [(kind, name) for kind in KINDS for name in registered(kind)]


def parse(kind: str, value: Any, compat: str | None = None) -> Description:
    return TypeAdapter(Annotated[Description, Component(kind)]).validate_python(value, context={"compat": compat})


@pytest.mark.parametrize("compat", [None, "keras", "torch", "mxnet"])
@pytest.mark.parametrize(("kind", "name"), EVERYTHING)
def test_what_is_resolved_reads_as_the_same_thing(kind: str, name: str, compat: str | None) -> None:
    fields = REQUIRED.get((kind, name))
    thing = parse(kind, name if fields is None else {name: fields}, compat)
    assert parse(kind, thing.resolved()) == thing


@pytest.mark.parametrize(("kind", "name"), EVERYTHING)
def test_everything_says_in_one_line_what_it_is(kind: str, name: str) -> None:
    line = registered(kind)[name].__doc__.splitlines()[0]
    assert line.endswith(".")
    assert len(line) <= 120


def resolved_fields(kind: str, name: str, compat: str | None) -> dict[str, Any]:
    resolved = parse(kind, name if (kind, name) not in REQUIRED else {name: REQUIRED[kind, name]}, compat).resolved()
    assert isinstance(resolved, dict)
    return resolved[name]


# kind, name, field, its default for: dltool, keras, torch, mxnet
DEFAULTS: list[tuple[str, str, str, Any, Any, Any, Any]] = [
    (
        "layer",
        "dense",
        "initializer",
        "glorot_uniform",
        "glorot_uniform",
        "torch_uniform",
        {"uniform": {"limit": 0.01}},
    ),
    ("layer", "dense", "bias_initializer", "zeros", "zeros", "torch_uniform", "zeros"),
    ("layer", "dense", "flatten", False, False, False, True),
    ("layer", "batch_norm", "momentum", 0.99, 0.99, 0.9, 0.9),
    ("layer", "batch_norm", "epsilon", 1e-3, 1e-3, 1e-5, 1e-3),
    ("layer", "batch_norm", "unbiased", False, False, True, False),
    ("layer", "batch_norm", "gain", True, True, True, False),
    ("layer", "layer_norm", "epsilon", 1e-3, 1e-3, 1e-5, 1e-5),
    ("layer", "rms_norm", "epsilon", 1e-6, 1e-6, 2.0**-23, 1e-6),
    (
        "layer",
        "embedding",
        "initializer",
        {"uniform": {"limit": 0.05}},
        {"uniform": {"limit": 0.05}},
        {"normal": {"std": 1.0}},
        {"uniform": {"limit": 0.07}},
    ),
    ("layer", "group_norm", "epsilon", 1e-3, 1e-3, 1e-5, 1e-5),
    ("layer", "group_norm", "groups", 32, 32, 32, 1),
    ("layer", "average_pool2d", "include_padding", False, False, True, True),
    ("layer", "leaky_relu", "slope", 0.01, 0.3, 0.01, 0.25),
    ("activation", "leaky_relu", "slope", 0.01, 0.2, 0.01, 0.25),
    ("activation", "elu", "alpha", 1.0, 1.0, 1.0, 1.0),
    ("initializer", "glorot_normal", "truncated", True, True, False, False),
    ("initializer", "glorot_normal", "scale", 1.0, 1.0, 1.0, 3.0),
    ("initializer", "he_normal", "fan", "inputs", "inputs", "inputs", "average"),
    ("initializer", "normal", "std", 0.05, 0.05, 1.0, 0.01),
    ("initializer", "uniform", "limit", 0.05, 0.05, 0.05, 0.07),
    ("initializer", "orthogonal", "gain", 1.0, 1.0, 1.0, 1.414),
    ("loss", "cross_entropy", "divide_by", "samples", "samples", "weights", "samples"),
    ("loss", "cross_entropy", "weigh", "samples", "samples", "classes", "samples"),
    ("loss", "cross_entropy", "smooth_over", "all", "all", "all", "others"),
    ("optimizer", "sgd", "lr", 0.01, 0.01, 0.001, 0.01),
    ("optimizer", "sgd", "decoupled", True, True, False, False),
    ("optimizer", "sgd", "decay_biases", False, True, True, False),
    ("optimizer", "adam", "lr", 0.001, 0.001, 0.001, 0.01),
    ("optimizer", "adam", "epsilon", 1e-8, 1e-7, 1e-8, 1e-8),
    ("optimizer", "adam", "decoupled", True, True, False, False),
    ("optimizer", "adamw", "weight_decay", 0.004, 0.004, 0.01, 0.004),
    ("optimizer", "adamw", "decoupled", True, True, True, True),
    ("optimizer", "rmsprop", "lr", 0.001, 0.001, 0.01, 0.01),
    ("optimizer", "rmsprop", "rho", 0.9, 0.9, 0.99, 0.9),
    ("optimizer", "rmsprop", "epsilon", 1e-7, 1e-7, 1e-8, 1e-8),
    ("optimizer", "adagrad", "initial_accumulator_value", 0.1, 0.1, 0.0, 0.0),
    ("optimizer", "adagrad", "epsilon", 1e-7, 1e-7, 1e-10, 1e-7),
    ("optimizer", "adagrad", "decoupled", True, True, False, True),
    ("schedule", "plateau", "patience", 10, 10, 11, 10),
    ("schedule", "polynomial", "power", 2.0, 1.0, 1.0, 2.0),
    ("schedule", "exponential", "staircase", False, False, True, False),
    ("schedule", "one_cycle", "cycle_momentum", False, False, True, False),
    ("schedule", "cosine", "from_zero", False, True, False, False),
]


@pytest.mark.parametrize(("kind", "name", "field", "own", "keras", "torch", "mxnet"), DEFAULTS)
def test_defaults_follow_the_imitated_framework(
    kind: str, name: str, field: str, own: Any, keras: Any, torch: Any, mxnet: Any
) -> None:
    found = [resolved_fields(kind, name, compat)[field] for compat in (None, "keras", "torch", "mxnet")]
    assert found == [own, keras, torch, mxnet]


WRONG = [
    ("layer", {"dense": 0}),
    ("layer", {"dense": "class"}),
    ("layer", {"dense": {"units": 4, "activation": "rleu"}}),
    ("layer", {"dense": {"units": 4, "activation": {"relu": {"name": "a"}}}}),
    ("layer", {"dense": {"units": 4, "name": "a.b"}}),
    ("layer", {"dropout": 1.0}),
    ("layer", {"reshape": []}),
    ("layer", {"reshape": [-1, -1]}),
    ("layer", {"reshape": [0]}),
    ("layer", {"residual": []}),
    ("layer", {"parallel": [["relu"]]}),
    ("layer", {"parallel": {"branches": [[], []], "merge": "sum"}}),
    ("layer", {"repeat": {"times": 0, "layers": ["relu"]}}),
    ("layer", {"batch_norm": {"momentum": 1.0}}),
    ("loss", {"huber": 0}),
    ("loss", {"cross_entropy": {"class_weights": [1, -1]}}),
    ("optimizer", {"adam": {"lr": 0}}),
    ("optimizer", {"adam": {"learning_rate": 0.1}}),
    ("optimizer", {"sgd": {"velocity": "speed"}}),
    ("schedule", {"multistep": [4, 2]}),
    ("schedule", {"cosine": {"restarts": {"period": 0}}}),
    ("metric", {"top_k": 0}),
    ("metric", {"f1": "mean"}),
]


@pytest.mark.parametrize(("kind", "value"), WRONG, ids=str)
def test_values_outside_their_limits_are_refused(kind: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        parse(kind, value)


def test_descriptions_do_not_import_the_compiler() -> None:
    program = (
        "import sys; from dltool.registry import registered;"
        f"[registered(kind) for kind in {KINDS}]; sys.exit('llvmlite' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
