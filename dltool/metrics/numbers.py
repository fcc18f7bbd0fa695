"""Regression metrics; several targets are pooled, except that r2 is the mean over targets."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from dltool.config.experiment import Task
from dltool.metrics.metric import Answers, Metric, State
from dltool.registry import register


def running_sum(total: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """total (k,) + rows (n, k), added one row at a time so that rounding does not depend on how rows are split."""
    return np.cumsum(np.concatenate([total[None], rows]), axis=0)[-1]


class Numbers(Metric):
    """Base of the regression metrics."""

    tasks: ClassVar[tuple[Task, ...]] = ("numbers",)
    better: ClassVar[Literal["higher", "lower"] | None] = "lower"

    def empty(self, answers: Answers) -> State:
        """A zero sum for each target."""
        return {"errors": np.zeros(answers.width)}


@register("metric", "mae")
class MeanAbsoluteError(Numbers):
    """Mean absolute error."""

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Add |prediction − target|."""
        return {"errors": running_sum(state["errors"], np.abs(predictions - targets.astype(np.float64)))}

    def result(self, state: State, answers: Answers) -> float:
        """The mean over rows and targets."""
        return float(state["errors"].mean() / state["rows"])


@register("metric", "rmse")
class RootMeanSquaredError(Numbers):
    """Root of the mean squared error."""

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Add (prediction − target)²."""
        return {"errors": running_sum(state["errors"], (predictions - targets.astype(np.float64)) ** 2)}

    def result(self, state: State, answers: Answers) -> float:
        """The root of the mean over rows and targets, as in Keras; scikit-learn averages the roots of the targets."""
        return float(np.sqrt(state["errors"].mean() / state["rows"]))


@register("metric", "r2")
class R2(Numbers):
    """Share of the targets' variance that the predictions explain; 1 is perfect, 0 is no better than the mean."""

    better: ClassVar[Literal["higher", "lower"] | None] = "higher"

    def empty(self, answers: Answers) -> State:
        """Zero sums of squared errors, of offsets from the first target, and of squared offsets."""
        return {name: np.zeros(answers.width) for name in ("errors", "origin", "offsets", "squares")}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Add errors and offsets; offsets from the first target, not from 0, keep precision if the spread is small."""
        numbers = targets.astype(np.float64)
        origin = state["origin"] if state["rows"] else numbers[0]
        offsets = numbers - origin
        return {
            "errors": running_sum(state["errors"], (predictions - numbers) ** 2),
            "origin": origin,
            "offsets": running_sum(state["offsets"], offsets),
            "squares": running_sum(state["squares"], offsets**2),
        }

    def result(self, state: State, answers: Answers) -> float:
        """1 − squared errors / squared deviations from the mean; for a constant target, 1 if exact, else 0."""
        if state["rows"] < 2:
            raise self.refuse("needs at least two rows, but there is one", "check how the data is split")
        deviations = state["squares"] - state["offsets"] ** 2 / state["rows"]
        exact = (state["errors"] == 0).astype(np.float64)
        varies = deviations > 0
        return float(np.where(varies, 1 - state["errors"] / np.where(varies, deviations, 1), exact).mean())
