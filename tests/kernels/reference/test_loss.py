"""Losses and activations against closed forms, also where a careless form overflows."""

from __future__ import annotations

from math import erf, exp, log, log1p, sqrt, tanh

import numpy as np
import pytest

from dltool.kernels.reference import find
from dltool.ops.op import StepRecord

STEP = StepRecord(step=0, epoch=0, position=0, rows=2, scale=0.5)
HUGE = 1e4


@pytest.mark.parametrize(
    ("logits", "label", "smoothing", "loss"),
    [
        ([0.0, 0.0, 0.0, 0.0], 2, 0.0, log(4)),
        ([0.0, 0.0, 0.0, 0.0], 2, 0.3, log(4)),
        ([1.0, 0.0], 0, 0.0, log1p(exp(-1))),
        ([1.0, 0.0], 1, 0.2, log1p(exp(-1)) + 0.9),
        ([HUGE, 0.0], 0, 0.0, 0.0),
        ([HUGE, 0.0], 1, 0.0, HUGE),
        ([-HUGE, 0.0], 0, 0.0, HUGE),
        ([1.0, *[0.0] * 9], 0, 0.0, log(1 + 9 / np.e)),  # as low as a softmax before it lets the loss fall: 1.46115
    ],
)
def test_cross_entropy(logits: list[float], label: int, smoothing: float, loss: float):
    row_loss, probabilities = find("cross_entropy")(
        np.array([logits]), np.array([label]), smoothing=smoothing, each_class=0
    )
    assert row_loss[0] == pytest.approx(loss, rel=1e-12, abs=1e-12)
    assert probabilities.sum() == pytest.approx(1)


def test_cross_entropy_gradient_is_probability_minus_target():
    gradient = find("cross_entropy_gradient")(
        np.array([[0.7, 0.3]]), np.array([1]), smoothing=0.0, each_class=0, step=STEP
    )
    np.testing.assert_allclose(gradient, [[0.35, -0.35]])


@pytest.mark.parametrize("each_class", [0, 1])
def test_class_weights_multiply_a_sample_s_loss_or_each_class_s_term(each_class: int):
    logits, labels = np.array([[0.3, -1.0, 2.0], [1.0, 0.5, 0.1]]), np.array([2, 0])
    weights, smoothing = np.array([0.5, 7.0, 3.0]), 0.3
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    q = np.eye(3)[labels] * 0.7 + 0.1
    row_loss, _ = find("cross_entropy")(logits, labels, weights, smoothing=smoothing, each_class=each_class)
    expected = -(q * weights * log_p).sum(axis=1) if each_class else -(q * log_p).sum(axis=1) * weights[labels]
    np.testing.assert_allclose(row_loss, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("logit", "target", "loss"),
    [
        (0.0, 1.0, log(2)),
        (2.0, 1.0, log1p(exp(-2))),
        (2.0, 0.25, log1p(exp(-2)) + 1.5),
        (HUGE, 1.0, 0.0),
        (HUGE, 0.0, HUGE),
        (-HUGE, 1.0, HUGE),
        (-HUGE, 0.0, 0.0),
    ],
)
def test_binary_cross_entropy(logit: float, target: float, loss: float):
    row_loss, probabilities = find("binary_cross_entropy")(np.array([[logit]]), np.array([[target]]))
    assert row_loss[0] == pytest.approx(loss, rel=1e-12, abs=1e-12)
    assert 0 <= probabilities[0, 0] <= 1


def test_a_positive_weight_counts_where_the_target_is_one():
    logits, targets, weights = np.array([[0.3, -1.0, HUGE]]), np.array([[1.0, 0.0, 1.0]]), np.array([3.0, 7.0, 2.0])
    each = [find("binary_cross_entropy")(logits[:, [k]], targets[:, [k]])[0][0] for k in range(3)]
    row_loss, _ = find("binary_cross_entropy")(logits, targets, weights)
    assert row_loss[0] == pytest.approx((3 * each[0] + each[1] + 2 * each[2]) / 3)


@pytest.mark.parametrize(
    ("op", "attributes", "loss", "gradient"),
    [
        ("mse", {}, 4.625, [0.25, -1.5]),
        ("mae", {}, 1.75, [0.25, -0.25]),
        ("huber", {"delta": 1.0}, 1.3125, [0.125, -0.25]),
        ("huber", {"delta": 4.0}, 2.3125, [0.125, -0.75]),
    ],
)
def test_regression_losses(op: str, attributes: dict[str, float], loss: float, gradient: list[float]):
    prediction, targets = np.array([[1.5, -2.0]]), np.array([[1.0, 1.0]])
    assert find(op)(prediction, targets, **attributes) == [loss]
    np.testing.assert_array_equal(find(f"{op}_gradient")(prediction, targets, **attributes, step=STEP), [gradient])


def test_mae_has_no_slope_where_prediction_is_right():
    assert find("mae_gradient")(np.zeros((1, 1)), np.zeros((1, 1)), step=STEP) == 0


@pytest.mark.parametrize(
    ("op", "attributes", "x", "y"),
    [
        ("relu", {}, -1.0, 0.0),
        ("leaky_relu", {"slope": 0.25}, -1.0, -0.25),
        ("elu", {"alpha": 2.0}, -1.0, 2 * (exp(-1) - 1)),
        ("selu", {}, -1.0, 1.0507009873554805 * 1.6732632423543772 * (exp(-1) - 1)),
        ("selu", {}, 1.0, 1.0507009873554805),
        ("gelu", {}, 1.0, 0.5 * (1 + erf(1 / sqrt(2)))),
        ("gelu_tanh", {}, 1.0, 0.5 * (1 + tanh(sqrt(2 / np.pi) * 1.044715))),
        ("silu", {}, 1.0, 1 / (1 + exp(-1))),
        ("tanh", {}, 0.5, tanh(0.5)),
        ("sigmoid", {}, 1.0, 1 / (1 + exp(-1))),
        ("softplus", {}, 1.0, log1p(np.e)),
        ("elu", {"alpha": 1.0}, HUGE, HUGE),
        ("silu", {}, -HUGE, 0.0),
        ("sigmoid", {}, HUGE, 1.0),
        ("sigmoid", {}, -HUGE, 0.0),
        ("softplus", {}, HUGE, HUGE),
        ("softplus", {}, -HUGE, 0.0),
        ("gelu", {}, -HUGE, 0.0),
        ("gelu_tanh", {}, -HUGE, 0.0),
    ],
)
def test_activations(op: str, attributes: dict[str, float], x: float, y: float):
    assert find(op)(np.array([x]), **attributes)[0] == pytest.approx(y, rel=1e-12, abs=1e-12)


def test_softmax_of_huge_numbers():
    np.testing.assert_array_equal(find("softmax")(np.array([[HUGE, 0.0], [-HUGE, -HUGE]])), [[1, 0], [0.5, 0.5]])
