"""The focal loss against PyTorch: its cross entropy, from which the formula of the paper is two lines."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.kernels.reference import find
from dltool.ops.op import StepRecord

LOGITS = np.array([[2.0, -1.0, 0.5], [0.1, 0.2, -0.3], [-4.0, 3.0, 5.0], [9.0, -2.0, 0.0]])
LABELS = np.array([0, 2, 1, 0])
WEIGHTS = np.array([1.0, 2.0, 0.5])
# by PyTorch 2.13 in float64: w[y] * (1 - exp(-ce)) ** 2 * ce, and the gradient of its mean
LOSSES = [0.0110927500914, 0.408701747088, 3.30042209886, 2.74959848074e-12]
GRADIENTS = [
    [-0.00682116852, 0.00124435524, 0.00557681328],
    [0.04935386287, 0.05454445394, -0.1038983168],
    [6.643149376e-05, -0.5383664009, 0.5382999694],
    [-2.061958112e-12, 2.45791432e-13, 1.81616668e-12],
]


def test_losses_and_gradients_are_those_of_pytorch():
    losses, probabilities = find("focal")(LOGITS, LABELS, WEIGHTS, gamma=2.0)
    np.testing.assert_allclose(losses, LOSSES, rtol=1e-10)
    step = StepRecord(step=0, epoch=0, position=0, rows=4, scale=1 / 4)
    made = find("focal_gradient")(probabilities, LABELS, WEIGHTS, gamma=2.0, step=step)
    np.testing.assert_allclose(made, GRADIENTS, rtol=1e-8)


def test_two_classes_are_those_of_the_sigmoid_form():
    """torchvision.ops.sigmoid_focal_loss with alpha 0.25 for logits 1.3 and −0.7 of a true label."""
    logits = np.array([[0.0, 1.3], [0.0, -0.7]])
    losses, _ = find("focal")(logits, np.array([1, 1]), np.array([0.75, 0.25]), gamma=2.0)
    np.testing.assert_allclose(losses, [0.0027635628701842036, 0.12313621990412717], rtol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gamma_0_is_cross_entropy(dtype: str):
    logits = LOGITS.astype(dtype)
    focal, _ = find("focal")(logits, LABELS, gamma=0.0)
    plain, _ = find("cross_entropy")(logits, LABELS, smoothing=0.0, each_class=0)
    np.testing.assert_allclose(focal, plain, rtol=1e-6)
