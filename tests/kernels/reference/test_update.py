"""Updates against closed forms, with the scalars that each framework's convention gives."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from dltool.kernels.reference import find
from dltool.ops.op import StepRecord

KERAS, TORCH = (-0.1, 1.0), (1.0, -0.1)  # s_in and s_out at lr 0.1

FIRST_STEP_BY_HAND = [
    # op, inputs, attributes, scalars, results
    ("sgd", (2.0, 0.5), {"decays": 0}, (0.1, *KERAS, 0.0, 9.0, 9.0), (1.95,)),
    ("sgd", (2.0, 0.5), {"decays": 1}, (0.1, *KERAS, 0.0, 0.25, 0.0), (1.9,)),
    ("sgd", (2.0, 0.5), {"decays": 1}, (0.1, *KERAS, 0.0, 0.0, 0.5), (0.95,)),
    ("momentum", (2.0, 0.3, 0.5), {"nesterov": 0, "decays": 0}, (0.1, *KERAS, 0.9, 9.0, 9.0), (2.22, 0.22)),
    ("momentum", (2.0, 0.3, 0.5), {"nesterov": 1, "decays": 0}, (0.1, *KERAS, 0.9, 9.0, 9.0), (2.148, 0.22)),
    ("momentum", (2.0, 0.3, 0.5), {"nesterov": 0, "decays": 0}, (0.1, *TORCH, 0.9, 9.0, 9.0), (1.923, 0.77)),
    ("momentum", (2.0, 0.3, 0.5), {"nesterov": 1, "decays": 0}, (0.1, *TORCH, 0.9, 9.0, 9.0), (1.8807, 0.77)),
    ("momentum", (2.0, 0.0, 0.5), {"nesterov": 0, "decays": 1}, (0.1, *KERAS, 0.9, 0.25, 0.5), (0.9, -0.1)),
    ("adam", (2.0, 0.0, 0.0, 4.0), {"decays": 0}, (0.1, 2.0, 0.5, 0.5, 0.75, 0.25, 1.0, 9.0, 9.0), (1.96, 2.0, 4.0)),
    ("adam", (2.0, 0.0, 0.0, 3.0), {"decays": 1}, (0.1, 2.0, 0.5, 0.5, 0.75, 0.25, 1.0, 0.5, 0.5), (0.96, 2.0, 4.0)),
    ("rmsprop", (2.0, 0.0, 4.0), {"decays": 0}, (0.1, 0.75, 5.0, 1.0, 9.0, 9.0), (1.9, 4.0)),
    ("rmsprop", (2.0, 0.0, 3.0), {"decays": 1}, (0.1, 0.75, 5.0, 1.0, 0.5, 0.5), (0.9, 4.0)),
    ("adagrad", (2.0, 0.0, 2.0), {"decays": 0}, (0.1, 5.0, 1.0, 9.0, 9.0), (1.95, 4.0)),
    ("adagrad", (2.0, 0.0, 1.0), {"decays": 1}, (0.1, 5.0, 1.0, 0.5, 0.5), (0.95, 4.0)),
    ("lion", (2.0, 1.0, -3.0), {"decays": 0}, (0.1, 0.5, 0.75, 9.0, 9.0), (2.1, 0.0)),
    ("lion", (2.0, 1.0, -2.0), {"decays": 1}, (0.1, 0.5, 0.75, 0.5, 0.5), (1.0, 0.5)),
]


def _apply(
    op: str, inputs: tuple[float, ...], attributes: dict[str, int], scalars: tuple[float, ...]
) -> tuple[float, ...]:
    step = StepRecord(step=0, epoch=0, position=0, rows=1, scale=1.0, scalars=scalars)
    results = find(op)(*(np.array([value]) for value in inputs), **attributes, step=step)
    return tuple(float(array[0]) for array in (results if isinstance(results, tuple) else (results,)))


@pytest.mark.parametrize(("op", "inputs", "attributes", "scalars", "results"), FIRST_STEP_BY_HAND)
def test_one_step_by_hand(
    op: str,
    inputs: tuple[float, ...],
    attributes: dict[str, int],
    scalars: tuple[float, ...],
    results: tuple[float, ...],
):
    assert _apply(op, inputs, attributes, scalars) == pytest.approx(results, rel=1e-12, abs=1e-12)


ADAM_FIRST_STEP = [
    # how the bias is corrected, eps, gradient, length of the step at lr 1
    ("in the rate", 1e-7, 1e-6, 0.24025),
    ("in the rate", 1e-8, 1e-6, 0.75975),
    ("in both moments", 1e-8, 1e-6, 0.99010),
    ("in the rate", 1e-7, 1.0, 0.9999968),
    ("in the rate", 1e-8, 1.0, 0.9999997),
    ("in both moments", 1e-8, 1.0, 1.0),
]


@pytest.mark.parametrize(("correction", "eps", "gradient", "length"), ADAM_FIRST_STEP)
def test_adam_takes_the_first_step_of_each_framework(correction: str, eps: float, gradient: float, length: float):
    first, second = 1 - 0.9, 1 - 0.999
    a, c = (sqrt(second) / first, 1.0) if correction == "in the rate" else (1 / first, 1 / sqrt(second))
    w, _, _ = _apply("adam", (0.0, 0.0, 0.0, gradient), {"decays": 0}, (a, c, 0.9, 0.1, 0.999, 0.001, eps, 0.0, 0.0))
    assert -w == pytest.approx(length, abs=5e-6 if gradient < 1 else 5e-8)


@pytest.mark.parametrize(("convention", "moved"), [("keras", 0.1 + 0.9 * 0.1 + 0.05), ("torch", 0.1 + 0.05 * 1.9)])
def test_momentum_after_the_rate_is_halved(convention: str, moved: float):
    w, v = 0.0, 0.0
    for lr in (0.1, 0.05):
        sides = (-lr, 1.0) if convention == "keras" else (1.0, -lr)
        w, v = _apply("momentum", (w, v, 1.0), {"nesterov": 0, "decays": 0}, (lr, *sides, 0.9, 0.0, 0.0))
    assert -w == pytest.approx(moved)


def test_lion_stays_where_it_has_no_direction():
    assert _apply("lion", (2.0, 0.0, 0.0), {"decays": 0}, (0.1, 0.9, 0.99, 0.0, 0.0)) == (2.0, 0.0)


@pytest.mark.parametrize(("number", "total"), [(0, 2.0), (1, 5.0)])
def test_accumulation_starts_afresh_with_each_update(number: int, total: float):
    step = StepRecord(step=0, epoch=0, position=0, rows=1, scale=1.0, number=number, count=2)
    assert find("accumulate")(np.array([2.0]), np.array([3.0]), step=step) == total


def test_an_average_starts_from_the_first_update():
    """What PyTorch's AveragedModel and Keras' use_ema give for a parameter that is 9, and after four updates these."""
    average, found = np.array([9.0]), []
    for done, parameter in enumerate([2.0, 1.0, 5.0, -3.0]):
        step = StepRecord(step=done, epoch=0, position=0, rows=1, scale=1.0)
        average = find("average")(np.array([parameter]), average, decay=0.75, step=step)
        found.append(average.item())
    assert found == [2.0, 1.75, 2.5625, 1.171875]


@pytest.mark.parametrize(
    ("gradients", "limit", "eps", "scale"),
    [
        ([[[3.0, 0.0], [0.0, 0.0]], [4.0]], 1.0, 0.0, 0.2),
        ([[[3.0, 0.0], [0.0, 0.0]], [4.0]], 1.0, 5.0, 0.1),
        ([[3.0], [4.0]], 6.0, 0.0, 1.0),
        ([[0.0], [0.0]], 1.0, 0.0, 1.0),
        ([[float("nan")], [0.0]], 1.0, 0.0, float("nan")),
    ],
)
def test_clipping_by_the_common_norm(gradients: list, limit: float, eps: float, scale: float):
    partial_sums = [find("square_sum")(np.array(gradient)) for gradient in gradients]
    assert find("clip_scale")(*partial_sums, limit=limit, eps=eps) == pytest.approx(scale, nan_ok=True)


def test_clipping_by_value():
    clipped = find("clip_value")(np.array([-2.0, 0.3, 2.0]), limit=0.5)
    np.testing.assert_array_equal(clipped, [-0.5, 0.3, 0.5])
