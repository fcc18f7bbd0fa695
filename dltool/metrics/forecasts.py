"""Metrics of forecasts: errors in units that series share, and of quantiles."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from dltool.metrics.metric import Answers, State
from dltool.metrics.numbers import MeanAbsoluteError, Numbers, running_sum
from dltool.registry import register


@register("metric", "mase")
class MeanAbsoluteScaledError(Numbers):
    """Mean absolute error, divided by that of repeating the season before in the training part of the same series.

    Hyndman and Koehler, Another look at measures of forecast accuracy, 2006. Series that never change are left out.
    """

    in_naive_errors: ClassVar[bool] = True

    def empty(self, answers: Answers) -> State:
        """Zero sums and counts; raises InputError where the targets are no time series."""
        if not answers.forecast:
            raise self.refuse("needs windows of time series", "use mae, rmse or r2")
        return {"errors": np.zeros(answers.width), "counts": np.zeros(answers.width, np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Add |prediction − target|, of series that change."""
        errors = np.abs(predictions - targets)
        known = np.isfinite(errors)
        return {
            "errors": running_sum(state["errors"], np.where(known, errors, 0)),
            "counts": state["counts"] + known.sum(axis=0),
        }

    def result(self, state: State, answers: Answers) -> float:
        """The mean over rows and targets."""
        if not state["counts"].any():
            raise self.refuse("is undefined: the training part has no series that changes", "use mae or rmse")
        return float(state["errors"].sum() / state["counts"].sum())


@register("metric", "smape")
class SymmetricMeanAbsolutePercentageError(MeanAbsoluteError):
    """Mean of 2 · |prediction − target| / (|prediction| + |target|), from 0 to 2; in percent in the M competitions."""

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Add the ratios, 0 where both are 0."""
        size = np.abs(predictions) + np.abs(targets)
        ratios = 2 * np.abs(predictions - targets.astype(np.float64)) / np.where(size > 0, size, 1)
        return {"errors": running_sum(state["errors"], ratios)}


@register("metric", "quantile_loss")
class PinballError(MeanAbsoluteError):
    """Mean pinball loss over the quantiles of the loss, in the units of the data; of single numbers half the mae."""

    takes_quantiles: ClassVar[bool] = True

    def empty(self, answers: Answers) -> State:
        """A zero sum for each target, and the quantiles."""
        return {**super().empty(answers), "quantiles": np.array(answers.quantiles or (0.5,))}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Add the mean over the quantiles; a single prediction stands for all of them."""
        quantiles = state["quantiles"]
        errors = targets[:, :, None] - predictions.reshape(*targets.shape, -1)
        losses = np.maximum(quantiles * errors, (quantiles - 1) * errors).mean(axis=2)
        return {"errors": running_sum(state["errors"], losses), "quantiles": quantiles}
