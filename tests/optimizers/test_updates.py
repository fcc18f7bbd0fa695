"""Optimizers through their reference kernels, against the formulas of the frameworks they imitate."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
import pytest

from dltool.kernels.reference import find
from dltool.ops.graph import Graph
from dltool.ops.op import StepRecord
from dltool.optimizers.optimizer import Optimizer
from dltool.registry import registered

OPTIMIZERS = sorted(registered("optimizer"))


def describe(name: str, compat: str | None = None, **fields: Any) -> Optimizer:
    return registered("optimizer")[name].model_validate(fields, context={"compat": compat})


def follow(
    optimizer: Optimizer, slope: Callable[[int, float], float], rates: list[float], *, w: float = 1.0
) -> list[float]:
    """The parameter after each update by `slope` of (step, parameter)."""
    scalars = optimizer.scalars(np.arange(len(rates)), np.array(rates))
    state = [np.array([w]), *(np.array([initial]) for initial in optimizer.slots.values())]
    path = []
    for i in range(len(rates)):
        gradient = np.array([slope(i, float(state[0][0]))])
        step = StepRecord(i, 0, 0, 1, 1.0, tuple(scalars[i].tolist()))
        updated = find(optimizer.op)(*state, gradient, **optimizer.attributes, decays=1, step=step)
        state = list(updated) if isinstance(updated, tuple) else [updated]
        path.append(float(state[0][0]))
    return path


# the framework, its step for gradients of 1e-6 and of 1 at a rate of 1
@pytest.mark.parametrize(
    ("compat", "small", "large"),
    [("keras", 0.24025, 0.9999968), ("mxnet", 0.75975, 0.9999997), ("torch", 0.99010, 1.0)],
)
def test_adam_adds_epsilon_where_each_framework_does(compat: str, small: float, large: float) -> None:
    adam = describe("adam", compat, single_precision=False)  # Keras's float32 would hide the difference
    assert -follow(adam, lambda i, w: 1e-6, [1.0], w=0.0)[0] == pytest.approx(small, abs=1e-5)
    assert -follow(adam, lambda i, w: 1.0, [1.0], w=0.0)[0] == pytest.approx(large, abs=5e-8)


G1, G2 = GRADIENTS = [0.5, -0.2]
L1, L2 = RATES = [0.1, 0.05]
W = 0.1  # weight decay


def expected_paths() -> dict[tuple[str, str | None], tuple[dict[str, Any], list[float]]]:
    """Two updates of a parameter 1.0, each formula written out."""
    root1, root2 = sqrt(0.001 * G1**2), sqrt(0.999 * 0.001 * G1**2 + 0.001 * G2**2)
    m1, m2 = 0.1 * G1, 0.9 * 0.1 * G1 + 0.1 * G2
    k1, k2 = sqrt(1 - 0.999) / (1 - 0.9), sqrt(1 - 0.999**2) / (1 - 0.9**2)
    keras_adam1 = 1 * (1 - L1 * W) - L1 * k1 * m1 / (root1 + 1e-7)
    torch_adam1 = 1 * (1 - L1 * W) - L1 / (1 - 0.9) * m1 / (root1 / sqrt(1 - 0.999) + 1e-8)
    v1 = G1 + W * 1  # torch: decay joins the gradient, and the velocity holds gradients
    torch_sgd1 = 1 - L1 * v1
    v2 = 0.9 * v1 + G2 + W * torch_sgd1
    u1 = -L1 * (G1 + W * 1)  # MXNet: the velocity holds steps
    mxnet_sgd1 = 1 + u1
    rms1 = 1 - L1 * G1 / sqrt(0.1 * G1**2 + 1e-7)
    torch_rms1 = 1 - L1 * G1 / (sqrt(0.01 * G1**2) + 1e-8)
    ada1 = 1 - L1 * G1 / sqrt(0.1 + G1**2 + 1e-7)
    torch_ada1 = 1 - L1 * G1 / (sqrt(G1**2) + 1e-10)
    decayed1 = 1 * (1 - L1 * W) - L1 * G1
    return {
        ("sgd", None): ({}, [1 - L1 * G1, 1 - L1 * G1 - L2 * G2]),
        ("sgd", "keras"): ({"weight_decay": W}, [decayed1, decayed1 * (1 - L2 * W) - L2 * G2]),
        ("sgd", "torch"): ({"momentum": 0.9, "weight_decay": W}, [torch_sgd1, torch_sgd1 - L2 * v2]),
        ("sgd", "mxnet"): (
            {"momentum": 0.9, "weight_decay": W},
            [mxnet_sgd1, mxnet_sgd1 + 0.9 * u1 - L2 * (G2 + W * mxnet_sgd1)],
        ),
        ("adamw", "keras"): (
            {"weight_decay": W},
            [keras_adam1, keras_adam1 * (1 - L2 * W) - L2 * k2 * m2 / (root2 + 1e-7)],
        ),
        ("adamw", "torch"): (
            {"weight_decay": W},
            [
                torch_adam1,
                torch_adam1 * (1 - L2 * W) - L2 / (1 - 0.9**2) * m2 / (root2 / sqrt(1 - 0.999**2) + 1e-8),
            ],
        ),
        ("rmsprop", "keras"): ({}, [rms1, rms1 - L2 * G2 / sqrt(0.9 * 0.1 * G1**2 + 0.1 * G2**2 + 1e-7)]),
        ("rmsprop", "torch"): (
            {},
            [torch_rms1, torch_rms1 - L2 * G2 / (sqrt(0.99 * 0.01 * G1**2 + 0.01 * G2**2) + 1e-8)],
        ),
        ("adagrad", "keras"): ({}, [ada1, ada1 - L2 * G2 / sqrt(0.1 + G1**2 + G2**2 + 1e-7)]),
        ("adagrad", "torch"): ({}, [torch_ada1, torch_ada1 - L2 * G2 / (sqrt(G1**2 + G2**2) + 1e-10)]),
        ("lion", None): (
            {"weight_decay": W},
            [1 * (1 - L1 * W) - L1, (1 * (1 - L1 * W) - L1) * (1 - L2 * W) + L2],
        ),
    }


@pytest.mark.parametrize(("case", "expected"), expected_paths().items(), ids=str)
def test_two_updates_at_changing_rates(
    case: tuple[str, str | None], expected: tuple[dict[str, Any], list[float]]
) -> None:
    fields, path = expected
    precision = 2e-6 if case in {("adam", "keras"), ("adamw", "keras")} else 1e-12  # Keras corrects in float32
    assert follow(describe(*case, **fields), lambda i, w: GRADIENTS[i], RATES) == pytest.approx(path, rel=precision)


def test_nesterov_looks_ahead_in_both_forms() -> None:
    keras = describe("sgd", "keras", momentum=0.9, nesterov=True)
    v1 = -L1 * G1
    v2 = 0.9 * v1 - L2 * G2
    first = 1 + 0.9 * v1 - L1 * G1
    assert follow(keras, lambda i, w: GRADIENTS[i], RATES) == pytest.approx([first, first + 0.9 * v2 - L2 * G2])
    torch = describe("sgd", "torch", momentum=0.9, nesterov=True)
    b2 = 0.9 * G1 + G2
    first = 1 - L1 * (G1 + 0.9 * G1)
    assert follow(torch, lambda i, w: GRADIENTS[i], RATES) == pytest.approx([first, first - L2 * (G2 + 0.9 * b2)])


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("compat", [None, "keras", "torch", "mxnet"])
def test_every_optimizer_finds_the_minimum_of_a_parabola(name: str, compat: str | None) -> None:
    optimizer = describe(name, compat, weight_decay=0.0, **({"momentum": 0.5} if name == "sgd" else {}))
    assert abs(follow(optimizer, lambda i, w: 2 * w, [0.05] * 400)[-1]) < 0.15


# weight decay, framework, is the parameter a matrix: does decay act
@pytest.mark.parametrize(
    ("weight_decay", "compat", "matrix", "decays"),
    [
        (0.0, "torch", True, 0),
        (0.1, None, True, 1),
        (0.1, None, False, 0),
        (0.1, "keras", False, 1),
        (0.1, "torch", False, 1),
        (0.1, "mxnet", False, 0),
    ],
)
def test_weight_decay_acts_where_the_framework_lets_it(
    weight_decay: float, compat: str | None, matrix: bool, decays: int
) -> None:
    graph = Graph(training=True)
    parameter = graph.parameter("w", (2,), lambda shape, generator: np.zeros(shape), decay=matrix)
    gradient = graph.apply("sum_rows", graph.data("dy", (2,)))
    describe("adam", compat, weight_decay=weight_decay).apply(graph, parameter, gradient)
    assert graph.nodes[-1].attributes == {"decays": decays}


@pytest.mark.parametrize(
    ("name", "fields", "op", "slots"),
    [
        ("sgd", {}, "sgd", {}),
        ("sgd", {"momentum": 0.9, "nesterov": True}, "momentum", {"w.velocity": 0.0}),
        ("adam", {}, "adam", {"w.m": 0.0, "w.v": 0.0}),
        ("rmsprop", {}, "rmsprop", {"w.v": 0.0}),
        ("adagrad", {}, "adagrad", {"w.sum": 0.1}),
        ("lion", {}, "lion", {"w.m": 0.0}),
    ],
)
def test_slots_belong_to_their_parameter(name: str, fields: dict[str, Any], op: str, slots: dict[str, float]) -> None:
    graph = Graph(training=True)
    parameter = graph.parameter("w", (2, 3), lambda shape, generator: np.zeros(shape), decay=True)
    gradient = graph.apply("matmul_weight_gradient", graph.data("x", (2,)), graph.data("dy", (3,)))
    describe(name, **fields).apply(graph, parameter, gradient)
    states = [value for value in graph.values.values() if value.role == "state"]
    assert graph.nodes[-1].op.yaml_name == op
    assert graph.nodes[-1].inputs == (parameter, *states, gradient)
    assert all(value.of is parameter and value.shape == (2, 3) for value in states)
    made = {value.name: value.initial for value in states}
    assert {
        key: float(initial((), np.random.default_rng(0))) for key, initial in made.items() if initial
    } == pytest.approx(slots)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_scalars_do_not_depend_on_how_steps_are_grouped(name: str) -> None:
    optimizer, steps, lr = describe(name, "torch"), np.arange(5), np.linspace(0.1, 0.5, 5)
    whole = optimizer.scalars(steps, lr)
    assert whole.dtype == np.float64
    assert whole.shape[0] == 5
    assert (whole == np.concatenate([optimizer.scalars(steps[i : i + 1], lr[i : i + 1]) for i in range(5)])).all()
