"""Metrics of predicted numbers; with several targets over all of them alike, r2 as the mean of theirs."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from dltool.config.experiment import Task
from dltool.metrics.metric import Answers, Metric, State
from dltool.registry import register


def running_sum(total: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """total (k,) + all rows (n, k), one after the other, so that rounding does not depend on how rows are cut."""
    return np.cumsum(np.concatenate([total[None], rows]), axis=0)[-1]


class Numbers(Metric):
    """The contract of metrics of predicted numbers."""

    tasks: ClassVar[tuple[Task, ...]] = ("numbers",)
    better: ClassVar[Literal["higher", "lower"] | None] = "lower"

    def empty(self, answers: Answers) -> State:
        """Sums of nothing, one for each target."""
        return {"errors": np.zeros(answers.width)}


@register("metric", "mae")
class MeanAbsoluteError(Numbers):
    """Mean absolute error."""

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Adds |prediction − target|."""
        return {"errors": running_sum(state["errors"], np.abs(predictions - targets.astype(np.float64)))}

    def figure(self, state: State, answers: Answers) -> float:
        """Over rows and targets."""
        return float(state["errors"].mean() / state["rows"])


@register("metric", "rmse")
class RootMeanSquaredError(Numbers):
    """Root of the mean squared error."""

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Adds (prediction − target)²."""
        return {"errors": running_sum(state["errors"], (predictions - targets.astype(np.float64)) ** 2)}

    def figure(self, state: State, answers: Answers) -> float:
        """Over rows and targets, before the root, as in Keras; scikit-learn has the mean of the targets' roots."""
        return float(np.sqrt(state["errors"].mean() / state["rows"]))


@register("metric", "r2")
class R2(Numbers):
    """Share of the targets' variance that the predictions explain; 1 is perfect, 0 as good as the mean."""

    better: ClassVar[Literal["higher", "lower"] | None] = "higher"

    def empty(self, answers: Answers) -> State:
        """Sums of the squared errors, of the targets and of their squares; both of the last around the first target."""
        return {name: np.zeros(answers.width) for name in ("errors", "origin", "offsets", "squares")}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Offsets from a target instead of from 0 keep the precision of targets with a small spread."""
        numbers = targets.astype(np.float64)
        origin = state["origin"] if state["rows"] else numbers[0]
        offsets = numbers - origin
        return {
            "errors": running_sum(state["errors"], (predictions - numbers) ** 2),
            "origin": origin,
            "offsets": running_sum(state["offsets"], offsets),
            "squares": running_sum(state["squares"], offsets**2),
        }

    def figure(self, state: State, answers: Answers) -> float:
        """1 − squared errors / squared deviations from the mean; of targets that never vary, 1 where met, else 0."""
        if state["rows"] < 2:
            raise self.refuse("needs at least two rows, there is one", "check how the data is split")
        deviations = state["squares"] - state["offsets"] ** 2 / state["rows"]
        met = (state["errors"] == 0).astype(np.float64)
        varies = deviations > 0
        return float(np.where(varies, 1 - state["errors"] / np.where(varies, deviations, 1), met).mean())
