"""Metrics against their definitions, written out row by row; and that they can be stopped anywhere."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from dltool.config.experiment import Task
from dltool.data.readers.forecast import Forecast
from dltool.errors import InputError
from dltool.metrics.confusion import report
from dltool.metrics.metric import Accumulator, Answers
from dltool.registry import registered

GENERATOR = np.random.default_rng(3)
ROWS = 60


def start(name: str, task: Task, width: int, **fields: Any) -> Accumulator:
    names = tuple(f"c{i}" for i in range(width))
    forecast = Forecast(names, 1, 1, ("",), np.full((1, width), 0.5)) if name == "mase" else None
    answers = Answers(task, names, forecast=forecast)
    return registered("metric")[name].model_validate(fields).start(answers)


def measure(name: str, predictions: Any, targets: Any, classes: int | None = None, **fields: Any) -> Any:
    """Of so many classes, else of numbers."""
    predictions, targets = np.asarray(predictions, np.float32), np.asarray(targets)
    accumulator = start(name, "classes" if classes else "numbers", classes or targets.shape[1], **fields)
    accumulator.update(predictions, targets)
    return accumulator.result()


def measure_labels(name: str, **fields: Any) -> Any:
    accumulator = start(name, "multilabel", 3, **fields)
    accumulator.update(CHANCES, MARKS)
    return accumulator.result()


def scores(classes: int) -> np.ndarray:
    """Coarse scores, so that many are equal."""
    return GENERATOR.integers(0, 6, (ROWS, classes)).astype(np.float32) / 6


SCORES, LABELS = scores(4), GENERATOR.integers(0, 3, ROWS)  # the fourth class never occurs
PREDICTED = [max(range(4), key=lambda c: (row[c], -c)) for row in SCORES.tolist()]
BINARY, YES = scores(1), GENERATOR.integers(0, 2, ROWS)


def counts_of(label: int) -> tuple[int, int, int]:
    """Rows that are and were called `label`, rows called so, rows that are."""
    pairs = list(zip(LABELS.tolist(), PREDICTED, strict=True))
    return pairs.count((label, label)), PREDICTED.count(label), LABELS.tolist().count(label)


def test_accuracy() -> None:
    assert measure("accuracy", SCORES, LABELS, 4) == np.mean(np.array(PREDICTED) == LABELS)
    assert measure("accuracy", BINARY, YES, 2) == np.mean((BINARY[:, 0] > 0.5) == YES)
    assert measure("accuracy", BINARY, YES[:, None].astype(np.float32), 2) == np.mean((BINARY[:, 0] > 0.5) == YES)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k(k: int) -> None:
    ranked = [sorted(range(4), key=lambda c: (-row[c], c))[:k] for row in SCORES.tolist()]
    assert measure("top_k", SCORES, LABELS, 4, k=k) == np.mean(
        [label in best for label, best in zip(LABELS, ranked, strict=True)]
    )


def test_confusion_matrix() -> None:
    pairs = list(zip(LABELS.tolist(), PREDICTED, strict=True))
    expected = [[pairs.count((true, called)) for called in range(4)] for true in range(4)]
    assert measure("confusion_matrix", SCORES, LABELS, 4) == expected
    rows = report(expected)
    for label, row in enumerate(rows):
        right, called, support = counts_of(label)
        assert row.precision == (right / called if called else 0)
        assert row.recall == (right / support if support else 0)
        assert row.f1 == pytest.approx(2 * right / (called + support) if called + support else 0)
        assert row.support == support


@pytest.mark.parametrize("name", ["precision", "recall", "f1"])
def test_averages_over_classes(name: str) -> None:
    matrix = np.array(
        [[3, 1, 0, 0], [2, 2, 0, 0], [0, 1, 5, 0], [0, 0, 0, 0]]
    )  # the last class neither is nor was called
    labels, predicted = np.repeat(np.indices((4, 4)).reshape(2, -1), matrix.reshape(-1), axis=1)
    predictions = np.eye(4)[predicted]
    single = np.array([getattr(row, name) for row in report(matrix)])
    found = {
        average: measure(name, predictions, labels, 4, average=average)
        for average in ("auto", "macro", "weighted", "micro")
    }
    assert found["macro"] == found["auto"] == pytest.approx(single[:3].mean())
    assert found["weighted"] == pytest.approx(np.average(single, weights=[4, 4, 6, 0]))
    assert found["micro"] == pytest.approx(10 / 14)


def test_two_classes_are_judged_by_the_second() -> None:
    called = BINARY[:, 0] > 0.5
    right = np.sum(called & (YES == 1))
    assert measure("precision", BINARY, YES, 2) == pytest.approx(right / called.sum())
    assert measure("recall", BINARY, YES, 2, average="binary") == pytest.approx(right / YES.sum())


def won_pairs(values: np.ndarray, positive: np.ndarray) -> float:
    difference = values[positive][:, None] - values[~positive][None, :]
    return float(np.mean((difference > 0) + 0.5 * (difference == 0)))


def test_auc_counts_pairs_and_halves_ties() -> None:
    assert measure("auc", BINARY, YES, 2) == pytest.approx(won_pairs(BINARY[:, 0], YES == 1), rel=1e-12)
    both = np.concatenate([1 - BINARY, BINARY], axis=1)
    assert measure("auc", both, YES, 2) == measure("auc", BINARY, YES, 2)
    each = [won_pairs(SCORES[:, label], label == LABELS) for label in range(3)]
    assert measure("auc", SCORES, LABELS, 4) == pytest.approx(np.mean(each), rel=1e-12)
    assert measure("auc", [[0.1], [0.9]], [0, 1], 2) == 1.0


CHANCES, MARKS = scores(3), GENERATOR.integers(0, 2, (ROWS, 3)).astype(np.float32)
MARKS[:, 2] = 0  # the third label never occurs
CALLED = CHANCES > 0.5


def test_labels_are_each_right_or_wrong() -> None:
    assert measure_labels("accuracy") == np.mean(CALLED == MARKS)
    assert measure_labels("exact_match") == np.mean(
        [list(row) == list(mark) for row, mark in zip(CALLED, MARKS, strict=True)]
    )


def test_averages_over_labels() -> None:
    right = [int((CALLED[:, k] * MARKS[:, k]).sum()) for k in range(3)]
    called, support = [int(CALLED[:, k].sum()) for k in range(3)], [int(MARKS[:, k].sum()) for k in range(3)]
    single = [2 * r / (c + s) if c + s else 0 for r, c, s in zip(right, called, support, strict=True)]
    assert measure_labels("f1") == measure_labels("f1", average="macro") == pytest.approx(np.mean(single))
    assert measure_labels("f1", average="weighted") == pytest.approx(np.average(single, weights=support))
    assert measure_labels("f1", average="micro") == pytest.approx(2 * sum(right) / (sum(called) + sum(support)))
    assert measure_labels("precision", average="micro") == pytest.approx(sum(right) / sum(called))
    assert measure_labels("recall", average="micro") == pytest.approx(sum(right) / sum(support))
    accumulator = start("recall", "multilabel", 3)
    accumulator.update(CHANCES, MARKS)
    rows = report(accumulator.state["confusion"])
    assert [row.support for row in rows] == support
    assert [row.f1 for row in rows] == pytest.approx(single)
    assert [row.recall for row in rows] == pytest.approx(
        [r / s if s else 0 for r, s in zip(right, support, strict=True)]
    )


def test_auc_of_labels_is_their_mean_where_it_is_defined() -> None:
    each = [won_pairs(CHANCES[:, k], MARKS[:, k] == 1) for k in range(2)]
    assert measure_labels("auc") == pytest.approx(np.mean(each), rel=1e-12)


def test_figures_of_labels_that_never_occur() -> None:
    nothing = start("f1", "multilabel", 2)
    nothing.update(np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32))
    assert nothing.result() == 0
    alike = start("auc", "multilabel", 2)
    alike.update(np.zeros((3, 2), np.float32), np.ones((3, 2), np.float32))
    with pytest.raises(InputError, match="auc needs rows of at least one row with a label and one without it"):
        alike.result()


PREDICTED_NUMBERS = GENERATOR.normal(size=(ROWS, 2)).astype(np.float32)
NUMBERS = GENERATOR.normal(size=(ROWS, 2)).astype(np.float32)


def test_figures_of_numbers() -> None:
    errors = PREDICTED_NUMBERS.astype(float) - NUMBERS
    assert measure("mae", PREDICTED_NUMBERS, NUMBERS) == pytest.approx(np.abs(errors).mean(), rel=1e-12)
    assert measure("rmse", PREDICTED_NUMBERS, NUMBERS) == pytest.approx(np.sqrt((errors**2).mean()), rel=1e-12)
    explained = 1 - (errors**2).sum(axis=0) / ((NUMBERS - NUMBERS.astype(float).mean(axis=0)) ** 2).sum(axis=0)
    assert measure("r2", PREDICTED_NUMBERS, NUMBERS) == pytest.approx(explained.mean(), rel=1e-12)


def test_r2_of_far_off_and_of_constant_targets() -> None:
    far = NUMBERS[:, :1] + np.float32(4096)
    assert measure("r2", far, far) == 1.0
    middle = np.full_like(far, far.astype(float).mean())
    assert measure("r2", middle, far) == pytest.approx(0.0, abs=1e-6)
    assert measure("r2", [[2.0], [2.0]], np.array([[2.0], [2.0]])) == 1.0
    assert measure("r2", [[2.0], [3.0]], np.array([[2.0], [2.0]])) == 0.0


# sequences of four tokens of two characters each: Σ −log p, how many count, how many are right
TOKEN_SCORES = np.stack([GENERATOR.uniform(1, 9, ROWS), np.full(ROWS, 4), GENERATOR.integers(0, 5, ROWS)], axis=1)
TOKENS = np.tile(np.float32([4, 8]), (ROWS, 1))


def test_metrics_of_tokens() -> None:
    surprise = TOKEN_SCORES[:, 0].sum()
    for name, expected in {
        "perplexity": np.exp(surprise / (4 * ROWS)),
        "bits_per_character": surprise / np.log(2) / (8 * ROWS),
        "token_accuracy": TOKEN_SCORES[:, 2].sum() / (4 * ROWS),
    }.items():
        accumulator = start(name, "tokens", 9)
        accumulator.update(TOKEN_SCORES, TOKENS)
        assert accumulator.result() == pytest.approx(expected, rel=1e-12)


CASES: list[tuple[str, dict[str, Any], np.ndarray, np.ndarray, Task]] = [
    ("accuracy", {}, SCORES, LABELS, "classes"),
    ("accuracy", {}, CHANCES, MARKS, "multilabel"),
    ("exact_match", {}, CHANCES, MARKS, "multilabel"),
    ("top_k", {"k": 2}, SCORES, LABELS, "classes"),
    ("precision", {}, SCORES, LABELS, "classes"),
    ("recall", {"average": "weighted"}, SCORES, LABELS, "classes"),
    ("f1", {"average": "micro"}, SCORES, LABELS, "classes"),
    ("f1", {}, CHANCES, MARKS, "multilabel"),
    ("auc", {}, SCORES, LABELS, "classes"),
    ("auc", {}, CHANCES, MARKS, "multilabel"),
    ("confusion_matrix", {}, SCORES, LABELS, "classes"),
    ("rank_mae", {}, SCORES, LABELS, "classes"),
    ("cohen_kappa", {"weights": "quadratic"}, SCORES, LABELS, "classes"),
    ("mae", {}, PREDICTED_NUMBERS, NUMBERS, "numbers"),
    ("rmse", {}, PREDICTED_NUMBERS, NUMBERS, "numbers"),
    ("r2", {}, PREDICTED_NUMBERS, NUMBERS, "numbers"),
    ("mase", {}, PREDICTED_NUMBERS, NUMBERS, "numbers"),
    ("smape", {}, PREDICTED_NUMBERS, NUMBERS, "numbers"),
    ("quantile_loss", {}, PREDICTED_NUMBERS, NUMBERS, "numbers"),
    ("perplexity", {}, TOKEN_SCORES, TOKENS, "tokens"),
    ("bits_per_character", {}, TOKEN_SCORES, TOKENS, "tokens"),
    ("token_accuracy", {}, TOKEN_SCORES, TOKENS, "tokens"),
]


def test_kappa_is_undefined_where_there_is_one_class() -> None:
    with pytest.raises(InputError, match="cohen_kappa is undefined where all rows have, and get, one class"):
        measure("cohen_kappa", SCORES[:1], [PREDICTED[0]], 4)


def test_every_metric_is_tried() -> None:
    assert {name for name, *_ in CASES} == set(registered("metric"))


@pytest.mark.parametrize(("name", "fields", "predictions", "targets", "task"), CASES, ids=lambda value: str(value)[:20])
def test_a_figure_is_the_same_bits_when_stopped_saved_and_resumed(
    name: str, fields: dict[str, Any], predictions: np.ndarray, targets: np.ndarray, task: Task
) -> None:
    begin = partial(start, name, task, predictions.shape[1], **fields)
    whole = begin()
    whole.update(predictions, targets)
    pieces = begin()
    for rows in (slice(0, 7), slice(7, 7), slice(7, 40), slice(40, ROWS)):
        resumed = begin()
        resumed.state = {key: array.copy() for key, array in pieces.state.items()}
        resumed.update(predictions[rows], targets[rows])
        pieces = resumed
    assert all(isinstance(array, np.ndarray) for array in pieces.state.values())
    assert pieces.result() == whole.result()


@pytest.mark.parametrize(("name", "fields", "predictions", "targets", "task"), CASES, ids=lambda value: str(value)[:20])
def test_without_rows_there_is_a_clear_error(
    name: str, fields: dict[str, Any], predictions: np.ndarray, targets: np.ndarray, task: Task
) -> None:
    empty = start(name, task, predictions.shape[1], **fields)
    empty.update(predictions[:0], targets[:0])
    with pytest.raises(InputError, match=f"metrics: {name} has no rows to measure"):
        empty.result()


@pytest.mark.parametrize(
    ("name", "task", "width", "fields", "message"),
    [
        (
            "accuracy",
            "numbers",
            1,
            {},
            "accuracy needs a target of classes or labels, but this one holds numbers; use mae",
        ),
        ("mae", "classes", 3, {}, "mae needs a target of numbers, but this one holds classes; use accuracy"),
        ("exact_match", "classes", 3, {}, "exact_match needs a target of labels, but this one holds classes"),
        ("top_k", "multilabel", 3, {}, "top_k needs a target of classes, but this one holds labels"),
        ("top_k", "classes", 5, {}, "top_k with k = 5 is always 1 when there are 5 classes; use k below 5"),
        ("f1", "classes", 3, {"average": "binary"}, "f1 has average binary, but there are 3 classes; use macro"),
        ("f1", "multilabel", 2, {"average": "binary"}, "f1 has average binary, but there are 2 labels; use macro"),
    ],
)
def test_metrics_that_do_not_fit_the_data_say_so(
    name: str, task: Task, width: int, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        start(name, task, width, **fields)


def test_auc_of_one_class_is_refused() -> None:
    with pytest.raises(InputError, match="at least two classes"):
        measure("auc", [[0.1], [0.2]], [1, 1], 2)
