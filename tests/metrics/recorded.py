"""Hard cases for metrics, and what scikit-learn makes of them.

`python -m tests.metrics.recorded` (with scikit-learn) writes tests/golden/metrics.json.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden" / "metrics.json"
AVERAGES = ("macro", "weighted", "micro")
Case = tuple[np.ndarray, np.ndarray]  # predictions (n, k), targets (n,) or (n, k)


def _softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def classes() -> dict[str, Case]:
    """Probabilities of classes."""
    random = np.random.default_rng(8)
    free, coarse = random.normal(size=(50, 4)), random.integers(0, 3, (50, 4)).astype(float)
    labels, two = random.integers(0, 4, 50), random.integers(0, 2, 50)
    return {
        "four classes": (_softmax(free), labels),
        "ties": (_softmax(coarse), labels),
        "a class that never occurs": (_softmax(free), np.where(labels == 2, 1, labels)),
        "a class that neither occurs nor is predicted": (
            _softmax(free - [0, 0, 50, 0]),
            np.where(labels == 2, 1, labels),
        ),
        "saturated": (_softmax(60 * free), labels),
        "all alike": (np.full((50, 4), 0.25, np.float32), labels),
        "two classes": (_softmax(free[:, :2]), two),
        "two classes, ties": (_softmax(coarse[:, :2]), two),
        "two classes, saturated": (_softmax(60 * free[:, :2]), two),
        "two classes, all alike": (np.full((50, 2), 0.5, np.float32), two),
        "two classes, one never predicted": (_softmax(free[:, :2] - [0, 50]), two),
        "one row": (_softmax(free[:1]), labels[:1]),
    }


def labels() -> dict[str, Case]:
    """Probabilities of labels."""
    random = np.random.default_rng(9)
    chances, marks = random.random((40, 3)).astype(np.float32), random.integers(0, 2, (40, 3))
    return {
        "three labels": (chances, marks),
        "ties": (np.round(chances * 4) / np.float32(4), marks),
        "a label that never occurs": (chances, marks * [1, 0, 1]),
        "a label that neither occurs nor is predicted": (chances * np.float32([1, 0, 1]), marks * [1, 0, 1]),
        "saturated": ((chances > 0.4).astype(np.float32), marks),
        "nothing": (np.zeros((5, 3), np.float32), np.zeros((5, 3), int)),
        "one row": (chances[:1], marks[:1]),
    }


def numbers() -> dict[str, Case]:
    """Predicted numbers."""
    random = np.random.default_rng(10)
    predicted, true = random.normal(size=(2, 30, 2)).astype(np.float32)
    return {
        "one target": (predicted[:, :1], true[:, :1]),
        "two targets": (predicted, true),
        "far from 0": (predicted + np.float32(4096), true + np.float32(4096)),
        "a target that never varies": (predicted, true * np.float32([1, 0])),
        "met exactly": (true, true),
        "never varies, met": (np.ones((4, 1), np.float32), np.ones((4, 1), np.float32)),
        "two rows": (predicted[:2], true[:2]),
    }


def _of_classes(predictions: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    from sklearn import metrics  # pyright: ignore[reportMissingImports]

    called, width = predictions.argmax(axis=1), predictions.shape[1]
    found = {"accuracy": metrics.accuracy_score(targets, called)}
    found["rank_mae"] = metrics.mean_absolute_error(targets, called)
    for weights in (None, "linear", "quadratic"):
        kappa = metrics.cohen_kappa_score(targets, called, weights=weights, labels=range(width))
        found |= {} if np.isnan(kappa) else {f"cohen_kappa {weights or 'none'}": kappa}
    for name in ("precision", "recall", "f1"):
        score = getattr(metrics, f"{name}_score")
        found |= {f"{name} {average}": score(targets, called, average=average) for average in AVERAGES}
        if width == 2:
            found |= {f"{name} {positive}": score(targets, called, pos_label=positive) for positive in (0, 1)}
    occurring = [c for c in ([1] if width == 2 else range(width)) if 0 < np.sum(targets == c) < len(targets)]
    if occurring:
        found["auc"] = np.mean([metrics.roc_auc_score(targets == c, predictions[:, c]) for c in occurring])
    return found


def _of_labels(predictions: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    from sklearn import metrics  # pyright: ignore[reportMissingImports]

    called = (predictions > 0.5).astype(int)
    found = {
        "accuracy": metrics.accuracy_score(targets.ravel(), called.ravel()),
        "exact_match": metrics.accuracy_score(targets, called),
    }
    for name in ("precision", "recall", "f1"):
        score = getattr(metrics, f"{name}_score")
        found |= {f"{name} {average}": score(targets, called, average=average) for average in AVERAGES}
    told = [c for c in range(targets.shape[1]) if 0 < targets[:, c].sum() < len(targets)]
    if told:
        found["auc"] = metrics.roc_auc_score(targets[:, told], predictions[:, told], average="macro")
    return found


def _of_numbers(predictions: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    from sklearn import metrics  # pyright: ignore[reportMissingImports]

    predictions, targets = predictions.astype(float), targets.astype(float)
    return {
        "mae": metrics.mean_absolute_error(targets, predictions),
        "rmse": metrics.mean_squared_error(targets, predictions) ** 0.5,
        "r2": metrics.r2_score(targets, predictions),
    }


def _record() -> None:
    warnings.simplefilter("ignore")
    tasks: dict[str, tuple[dict[str, Case], Any]] = {
        "classes": (classes(), _of_classes),
        "multilabel": (labels(), _of_labels),
        "numbers": (numbers(), _of_numbers),
    }
    golden = {
        task: {name: {key: float(f"{value:.12g}") for key, value in of(*case).items()} for name, case in cases.items()}
        for task, (cases, of) in tasks.items()
    }
    GOLDEN.write_text(json.dumps(golden).replace('}, "', '},\n"') + "\n")


if __name__ == "__main__":
    _record()
