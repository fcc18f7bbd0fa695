"""Metrics of forecasts against their definitions, worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dltool.data.readers.forecast import Forecast
from dltool.data.readers.history import History
from dltool.errors import InputError
from dltool.metrics.metric import Answers
from dltool.registry import registered

#: two series of seven rows; the season is 2, and the last row of each is in no training window
ROWS = np.array([[1, 5, 3, 5, 5, 7, 100], [10, 10, 40, 20, 60, 20, 100]], float)


def history(season: int = 2) -> History:
    return History(
        features=np.empty((14, 0)),
        plain=np.empty(0, bool),
        targets=ROWS.reshape(-1, 1),
        columns=("n",),
        series=np.repeat([0, 1], 7),
        names=("a", "b"),
        starts=np.array([0, 1, 7, 8]),
        span=5,
        steps=2,
        season=season,
    )


FORECAST = Forecast.of(history(), slice(None))


def measure(name: str, predictions: Any, targets: Any, series: Any = None, **fields: Any) -> Any:
    answers = Answers("numbers", ("n+1", "n+2"), **fields)
    accumulator = registered("metric")[name]().start(answers)
    accumulator.update(np.asarray(predictions, float), np.asarray(targets, float), series)
    return accumulator.result()


def test_naive_errors_are_those_of_the_training_rows_of_each_series():
    # a: |3−1|, |5−5|, |5−3|, |7−5|; b: |40−10|, |20−10|, |60−40|, |20−20|
    np.testing.assert_array_equal(FORECAST.naive_errors, [[1.5], [15.0]])
    np.testing.assert_array_equal(Forecast.of(history(season=9), slice(None)).naive_errors, [[10 / 5], [130 / 5]])


def test_mase_divides_by_the_naive_error_of_the_series():
    found = measure("mase", [[1, 2], [0, 0]], [[4, 2], [30, 15]], np.array([0, 1]), forecast=FORECAST)
    assert found == pytest.approx((3 / 1.5 + 0 + 30 / 15 + 15 / 15) / 4)


def test_mase_of_a_series_not_trained_on_takes_the_mean_of_the_others():
    assert measure("mase", [[0, 0]], [[8.25, 8.25]], np.array([-1]), forecast=FORECAST) == 1.0


def test_mase_leaves_out_series_that_never_change_and_is_undefined_without_others():
    still = Forecast(("n",), 2, 1, ("a", "b"), np.array([[0.0], [2.0]]))
    assert measure("mase", [[1, 1], [1, 1]], [[9, 9], [5, 7]], np.array([0, 1]), forecast=still) == 2.5
    with pytest.raises(InputError, match="mase is undefined: the training part has no series that changes"):
        measure("mase", [[1, 1]], [[9, 9]], np.array([0]), forecast=still)


def test_mase_needs_a_time_series():
    with pytest.raises(InputError, match="metrics: mase needs windows of time series; use mae, rmse or r2"):
        measure("mase", [[1, 2]], [[1, 2]])


def test_smape():
    assert measure("smape", [[1, 0], [-3, 5]], [[3, 0], [3, 5]]) == pytest.approx((1 + 0 + 2 + 0) / 4)


def test_quantile_loss_and_the_metrics_of_the_middle_quantile():
    quantiles = {"quantiles": (0.2, 0.5, 0.9)}
    predictions, targets = [[[0, 2, 4], [1, 1, 1]]], [[3, 0]]
    # 0.2·3 + 0.5·1 + 0.1·1; then 0.8·1 + 0.5·1 + 0.1·1
    assert measure("quantile_loss", predictions, targets, **quantiles) == pytest.approx((1.2 + 1.4) / 6)
    assert measure("mae", predictions, targets, **quantiles) == pytest.approx(1.0)
    assert measure("quantile_loss", [[2, 1]], targets, **quantiles) == pytest.approx(
        (0.2 + 0.5 + 0.9 + 0.8 + 0.5 + 0.1) / 6
    )
    assert measure("quantile_loss", [[2, 1]], targets) == measure("mae", [[2, 1]], targets) / 2
