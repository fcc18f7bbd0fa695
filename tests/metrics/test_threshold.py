"""The best threshold of two classes, against scikit-learn and against trying them all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.errors import InputError
from dltool.metrics.confusion import F1
from dltool.metrics.hits import Accuracy
from dltool.metrics.metric import Answers
from dltool.metrics.threshold import best_threshold
from dltool.training.meter import Meter

RANDOM = np.random.default_rng(7)
SCORES = np.round(RANDOM.random(60), 2).astype(np.float32)
SECOND = RANDOM.random(60) < SCORES * 0.7
RARE_SECOND, RARE_FIRST = (Answers("classes", ("no", "yes"), shares) for shares in ((0.7, 0.3), (0.3, 0.7)))


def measured(metric: Any, answers: Answers, threshold: float | None) -> float:
    decided = Answers(answers.task, answers.names, answers.shares, threshold=threshold)
    accumulator = metric.start(decided)
    accumulator.update(SCORES[:, None], SECOND.astype(np.int64))
    return accumulator.result()


@pytest.mark.parametrize(
    ("metric", "answers", "best"),  # the best values by scikit-learn 1.9.1's precision_recall_curve
    [
        (F1(threshold="best"), RARE_SECOND, 0.6333333333333334),
        (F1(threshold="best"), RARE_FIRST, 0.8222222222222222),
    ],
    ids=["f1 of the second", "f1 of the first"],
)
def test_no_threshold_is_better(metric: Any, answers: Answers, best: float):
    threshold = best_threshold(metric, answers, SCORES, SECOND)
    found = measured(metric, answers, threshold)
    assert found == pytest.approx(best, abs=1e-12)
    assert found == max(measured(metric, answers, other) for other in np.linspace(-0.001, 1.001, 2005))
    assert np.abs(SCORES - threshold).min() > 0.004  # halfway between two scores


def test_of_equally_good_thresholds_the_middle_one_is_taken():
    scores, second = np.array([0.1, 0.2, 0.9, 0.95], np.float32), np.array([False, False, True, True])
    assert best_threshold(F1(threshold="best"), RARE_SECOND, scores, second) == pytest.approx(0.55)


@pytest.mark.parametrize("second", [np.zeros(5, bool), np.ones(5, bool)], ids=["none", "all"])
def test_rows_of_one_class_have_a_threshold_too(second: np.ndarray):
    scores = np.linspace(0.2, 0.8, 5).astype(np.float32)
    assert 0 < best_threshold(F1(threshold="best"), RARE_SECOND, scores, second) < 1


def test_a_meter_gives_the_same_however_its_rows_are_split_and_saved():
    metrics = [F1(threshold="best"), Accuracy()]
    whole, first, second = (Meter(metrics, answers=RARE_SECOND, output_activation=lambda x: x) for _ in range(3))
    outputs, targets = SCORES[:, None], SECOND.astype(np.int64)
    whole.add_losses(np.ones(1), np.ones(1))
    whole.add_outputs(outputs, targets)
    first.add_losses(np.ones(1), np.ones(1))
    first.add_outputs(outputs[:25], targets[:25])
    second.restore(first.state())
    second.add_outputs(outputs[25:], targets[25:])
    assert second.result() == whole.result()
    assert second.threshold == whole.threshold == best_threshold(metrics[0], RARE_SECOND, SCORES, SECOND)
    given = Answers("classes", ("no", "yes"), (0.7, 0.3), threshold=whole.threshold)
    other = Meter(metrics, answers=given, output_activation=lambda x: x)
    other.add_losses(np.ones(1), np.ones(1))
    other.add_outputs(outputs, targets)
    assert other.result() == whole.result()


def test_more_classes_are_refused():
    with pytest.raises(InputError, match="which needs two classes, but there are 3 classes"):
        F1(threshold=0.3).start(Answers("classes", ("a", "b", "c"), (0.5, 0.25, 0.25)))
    with pytest.raises(InputError, match="which needs two classes, but there are 2 labels"):
        F1(threshold="best").start(Answers("multilabel", ("a", "b")))
