"""Calibration: what probabilities promise against what comes true."""

from __future__ import annotations

import numpy as np
import pytest

from dltool.metrics.metric import Answers
from dltool.training.calibration import BINS, Calibration

HALVES = np.float32([[0.75, 0.25]] * 4)

CASES = {
    # task, classes, predictions, targets, error, Brier score, filled bins: (index, rows, forecast, true)
    "binary": ("classes", "ab", HALVES, [0, 0, 0, 1], 0.0, 0.1875, [(2, 4, 0.25, 0.25)]),
    "always wrong": ("classes", "ab", np.float32([[0, 1]] * 3), [0, 0, 0], 1.0, 1.0, [(9, 3, 1.0, 0.0)]),
    "most probable": (
        "classes",
        "abc",
        np.float32([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]),
        [0, 1],
        0.5 * 0.5 + 0.5 * 0.8,
        (0.25 + 0.09 + 0.04 + 0.01 + 0.81 + 0.64) / 2,
        [(5, 1, 0.5, 1.0), (8, 1, 0.8, 0.0)],
    ),
    "multilabel": (
        "multilabel",
        "ab",
        np.float32([[0.9, 0.1], [0.9, 0.2]]),
        [[1, 0], [1, 1]],
        (2 * 0.1 + 1 * 0.1 + 1 * 0.8) / 4,
        (0.01 + 0.01 + 0.01 + 0.64) / 4,
        [(1, 1, 0.1, 0.0), (2, 1, 0.2, 1.0), (8, 2, 0.9, 1.0)],
    ),
}


NAMED = [("classes", "ab"), ("classes", "abc"), ("multilabel", "ab")]


@pytest.mark.parametrize("pieces", [1, 2])
@pytest.mark.parametrize("name", CASES)
def test_figures(name, pieces):
    task, classes, predictions, targets, error, brier, filled = CASES[name]
    calibration = Calibration(Answers(task, tuple(classes)))
    for chances, known in zip(np.array_split(predictions, pieces), np.array_split(targets, pieces), strict=True):
        calibration.add(chances, known)
    found = calibration.result()
    assert found["expected_calibration_error"] == pytest.approx(error, abs=1e-6)
    assert found["brier"] == pytest.approx(brier, abs=1e-6)
    bins = {index: one for index, one in enumerate(found["bins"]) if one["rows"]}
    assert [(index, one["rows"]) for index, one in bins.items()] == [one[:2] for one in filled]
    for one, (_, _, forecast, true) in zip(bins.values(), filled, strict=True):
        assert (one["forecast"], one["true"]) == pytest.approx((forecast, true), abs=1e-6)


def test_what_is_forecast_is_named():
    forecasts = [Calibration(Answers(task, tuple(classes))).result()["forecast"] for task, classes in NAMED]
    assert forecasts == ["probability of 'b'", "probability of the most probable class", "probability of each label"]


def test_of_two_classes_the_rarer_is_forecast():
    calibration = Calibration(Answers("classes", ("fraud", "legit"), (0.1, 0.9)))
    calibration.add(HALVES[:, ::-1], np.array([1, 1, 1, 0]))
    found = calibration.result()
    assert found["forecast"] == "probability of 'fraud'"
    assert [(one["rows"], one["forecast"], one["true"]) for one in found["bins"] if one["rows"]] == [(4, 0.25, 0.25)]


def test_there_are_ten_bins_from_0_to_1():
    bins = Calibration(Answers("classes", ("a", "b", "c"))).result()["bins"]
    assert [bins[0]["low"], bins[-1]["high"], len(bins)] == [0.0, 1.0, BINS]
    assert all(one["forecast"] is None and one["true"] is None for one in bins)
