"""The focal loss against PyTorch: its cross entropy, from which the formula of the paper is two lines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from dltool.cli.main import main
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


LABELED = np.array([[2.0, -1.0, 0.5], [0.1, 0.2, -0.3], [-4.0, 3.0, 5.0], [9.0, -20.0, 0.0]])
MARKS = np.array([[1.0, 0, 1], [0, 0, 1], [1, 1, 0], [1, 0, 0]])
# by PyTorch 2.13 in float64: the formula of torchvision's sigmoid_focal_loss with gamma 1.5, weights where a mark is 1
LABEL_LOSSES = [0.034634188529, 0.264847347899, 2.95592376852, 0.0816881786788]
LABEL_GRADIENTS = [
    [-0.0009839638211, 0.007118414981, -0.007927644085],
    [0.03345359695, 0.03699174908, -0.02031432287],
    [-0.0884278834, -0.0002011417192, 0.08609265003],
    [-3.523569643e-11, 4.018228067e-23, 0.03004792477],
]


def test_losses_and_gradients_of_labels_are_those_of_pytorch():
    losses, probabilities = find("binary_focal")(LABELED, MARKS, WEIGHTS, gamma=1.5)
    np.testing.assert_allclose(losses, LABEL_LOSSES, rtol=1e-10)
    step = StepRecord(step=0, epoch=0, position=0, rows=4, scale=1 / 4)
    made = find("binary_focal_gradient")(probabilities, MARKS, WEIGHTS, gamma=1.5, step=step)
    np.testing.assert_allclose(made, LABEL_GRADIENTS, rtol=1e-8, atol=1e-16)


@pytest.mark.parametrize(
    ("target", "fields", "told"),
    [
        (["a", "b"], {}, None),
        (["a", "b"], {"gamma": 1, "positive_weight": {"b": 3}}, None),
        (["a", "b"], {"class_weights": "balanced"}, "has class_weights, which are for classes; give positive_weight"),
        ("a", {}, None),
        ("a", {"positive_weight": 2}, "has a positive_weight, which is for several labels; give class_weights"),
    ],
)
def test_classes_and_labels_have_weights_of_their_own(
    target: object,
    fields: dict[str, object],
    told: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    rows = [f"{row / 40},{row % 2},{int(row > 20)}" for row in range(40)]
    Path("data.csv").write_text("\n".join(["x,a,b", *rows]) + "\n")
    units = "targets" if isinstance(target, list) else "classes"
    config = {
        "data": {"table": {"path": "data.csv", "target": target, "columns": ["x"]}},
        "model": [{"dense": units}],
        "loss": {"focal": fields} if fields else "focal",
        "metrics": ["accuracy"],
        "train": {"epochs": 2},
    }
    Path("config.yaml").write_text(yaml.safe_dump(config))
    assert main(["train", "config.yaml", "--quiet"]) == (2 if told else 0)
    assert (told or "") in capsys.readouterr().err
