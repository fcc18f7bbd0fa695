"""The interface of metrics, which are accumulated over chunks of rows.

A metric is three pure functions: the state before the first row, the state after another chunk of rows, and the result.
The state is a mapping of named arrays, so a run stopped in mid-epoch can save it and continue; the result does not
depend on how the rows were split into chunks.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from dltool.config.description import Description
from dltool.config.experiment import TARGETS, Task
from dltool.config.metric_names import metric_names
from dltool.errors import InputError, Problem

if TYPE_CHECKING:
    from dltool.data.readers.forecast import Forecast

#: suggestions for each task when a metric does not fit
FITTING = {
    "classes": "accuracy, f1 or auc",
    "multilabel": "accuracy, f1 or auc",
    "numbers": "mae, rmse or r2",
    "tokens": "perplexity or bits_per_character",
}

State = dict[str, np.ndarray]
Result = float | list[list[int]]


@dataclass(frozen=True)
class Answers:
    """What is predicted: one of several classes, several labels, numbers, or tokens."""

    task: Task
    names: tuple[str, ...]
    shares: tuple[float, ...] = ()  # of the training rows that belong to each class, or have each label
    quantiles: tuple[float, ...] = ()  # predicted of each number
    forecast: Forecast | None = None  # where the numbers are those of time series
    threshold: float | None = None  # of two classes: the probability above which the second is predicted; None: 0.5

    @property
    def width(self) -> int:
        """Number of classes, labels or targets."""
        return len(self.names)

    @property
    def middle(self) -> int:
        """Which of the quantiles is the prediction itself."""
        return min(range(len(self.quantiles)), key=lambda i: abs(self.quantiles[i] - 0.5))

    def point(self, predictions: np.ndarray) -> np.ndarray:
        """Predictions (n, k) of numbers, from those of quantiles (n, k, quantiles)."""
        return predictions[:, :, self.middle] if predictions.ndim == 3 else predictions

    def split(self, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Targets (n, k) of samples as they are prepared, and behind those of several series its number (n,)."""
        if not self.forecast or not self.forecast.many:
            return targets, None
        return targets[:, : self.width], targets[:, -1].astype(np.int64)

    @property
    def positive(self) -> int:
        """Index of the positive class of two: the rarer one in training, or the second if they are equally frequent."""
        return 0 if self.shares and self.shares[0] < self.shares[1] else 1


class Metric(Description):
    """A measure of how good predictions are."""

    better: ClassVar[Literal["higher", "lower"] | None] = "higher"  # None: not a single number
    takes_quantiles: ClassVar[bool] = False  #: predictions are (n, k, quantiles) where a network gives quantiles
    decides: ClassVar[bool] = False  #: only which class is predicted matters, not how probable it is
    in_naive_errors: ClassVar[bool] = False  #: numbers are divided by the error of repeating the season before
    tasks: ClassVar[tuple[Task, ...]]  # that it supports

    @abstractmethod
    def empty(self, answers: Answers) -> State:
        """The state before the first row; raises InputError if the metric does not fit the task."""

    @abstractmethod
    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """The state after another chunk of rows.

        Predictions are (n, k); targets are (n,) int64 classes, (n, k) boolean labels, or (n, k) numbers. For tokens,
        predictions are the scores (n, 3) of sequences: Σ −log p of their tokens, how many count, how many are right;
        targets are (n, 2): how many tokens count, and the characters that they stand for.
        """

    @abstractmethod
    def result(self, state: State, answers: Answers) -> Result:
        """The metric's value; raises InputError if it is undefined for these rows."""

    def about(self, answers: Answers) -> str | None:
        """The one class or label that the metric describes; None if it describes all of them."""
        return None

    def start(self, answers: Answers) -> Accumulator:
        """Start accumulating; raises InputError if the metric does not fit the task."""
        if answers.task not in self.tasks:
            needed = " or ".join(TARGETS[task] for task in self.tasks)
            if answers.task == "inputs":
                what = f"needs a target of {needed}, and this network has none, as it reconstructs its inputs"
                raise self.refuse(what, "leave it out: the loss measures the reconstruction")
            what = f"needs a target of {needed}, but this one holds {TARGETS[answers.task]}"
            raise self.refuse(what, f"use {FITTING[answers.task]}")
        return Accumulator(self, answers, self.empty(answers))

    def refuse(self, what: str, hint: str) -> InputError:
        """An error for a metric that cannot be computed: why, and a hint for the user."""
        return InputError(Problem(f"{self.yaml_name} {what}; {hint}", path="metrics"))


class Accumulator:
    """A metric that is being accumulated; `state` can be saved and restored at any time."""

    def __init__(self, metric: Metric, answers: Answers, state: State):
        self.metric = metric
        self.state = {**state, "rows": np.zeros((), np.int64)}
        self._answers = answers

    def update(self, predictions: np.ndarray, targets: np.ndarray, series: np.ndarray | None = None) -> None:
        """Add predictions (n, k) and the targets of the same rows: classes (n,), or labels or numbers (n, k).

        For two classes, predictions may have one column: the probability of the second class. Those of quantiles are
        (n, k, quantiles). Where there are several time series, `series` (n,) has the number of each row's.
        """
        if not len(predictions):
            return
        if not self.metric.takes_quantiles:
            predictions = self._answers.point(predictions)
        if self.metric.in_naive_errors:
            assert self._answers.forecast is not None
            errors = self._answers.forecast.naive_error(series, len(targets))
            predictions, targets = predictions / errors, targets / errors
        if self._answers.task == "classes":
            predictions, targets = _class_scores(predictions), targets.reshape(len(targets)).astype(np.int64)
            if self.metric.decides and self._answers.threshold is not None:
                predictions = np.column_stack([np.full(len(predictions), self._answers.threshold), predictions[:, 1]])
        elif self._answers.task == "multilabel":
            targets = targets > 0.5
        known = self.metric.add(self.state, predictions, targets)
        known["rows"] = self.state["rows"] + np.int64(len(predictions))
        # NumPy turns sums of 0-d arrays into scalars
        self.state = {name: np.asarray(value) for name, value in known.items()}

    def result(self) -> Result:
        """The metric over all rows so far: a number, or a matrix as nested lists; raises InputError without rows."""
        if not self.state["rows"]:
            raise self.metric.refuse("has no rows to measure", "check how the data is split")
        return self.metric.result(self.state, self._answers)


def by_name(metrics: Sequence[Metric]) -> dict[str, Metric]:
    """Metrics by the names under which they are reported."""
    return dict(zip(metric_names(metrics), metrics, strict=True))


def positive_classes(metrics: Sequence[Metric], answers: Answers) -> dict[str, str]:
    """The positive class or label of each metric that describes only one, by the metric's name."""
    positive = {name: metric.about(answers) for name, metric in by_name(metrics).items()}
    return {name: about for name, about in positive.items() if about is not None}


def _class_scores(predictions: np.ndarray) -> np.ndarray:
    """Scores (n, classes); a single column, the probability of the second of two classes, becomes two."""
    return np.concatenate([1 - predictions, predictions], axis=1) if predictions.shape[1] == 1 else predictions
