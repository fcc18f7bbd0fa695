"""The contract of metrics: figures about predictions and targets, gathered piece by piece.

A metric is three pure functions: what is known before the first row, what one more piece of rows adds to it, and the
figure that follows. What is known is a mapping of named arrays, so a run stopped in mid-epoch can save it and go on;
the figure does not depend on where the rows were cut into pieces.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

import numpy as np

from dltool.config.description import Description
from dltool.errors import InputError, Problem

State = dict[str, np.ndarray]
Result = float | list[list[int]]


class Metric(Description):
    """A figure that tells how good predictions are."""

    better: ClassVar[Literal["higher", "lower"] | None] = "higher"  # None: not one number
    task: ClassVar[Literal["classes", "numbers"]]

    @abstractmethod
    def empty(self, width: int) -> State:
        """What is known before the first row, for so many classes or numbers to predict."""

    @abstractmethod
    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """What is known after some more rows: predictions (n, k), targets (n,) of classes or (n, k) numbers."""

    @abstractmethod
    def figure(self, state: State) -> Result:
        """The result; raises InputError where it is not defined for these rows."""

    def start(self, classes: int | None, targets: int) -> Accumulator:
        """Begins to gather for so many classes, or so many numbers; raises InputError where the metric does not fit."""
        if self.task == "classes" and classes is None:
            raise self.refuse("needs a target of classes, this one holds numbers", "use mae, rmse or r2")
        if self.task == "numbers" and classes is not None:
            raise self.refuse("needs a target of numbers, this one holds classes", "use accuracy, f1 or auc")
        return Accumulator(self, self.empty(targets if classes is None else classes))

    def refuse(self, what: str, hint: str) -> InputError:
        """The error of a metric that cannot be computed: why, and what the user can do."""
        return InputError(Problem(f"{self.yaml_name} {what}; {hint}", path="metrics"))


class Accumulator:
    """A metric being gathered; `state` may be saved and put back at any time."""

    def __init__(self, metric: Metric, state: State):
        self.metric = metric
        self.state = {**state, "rows": np.zeros((), np.int64)}

    def update(self, predictions: np.ndarray, targets: np.ndarray) -> None:
        """Takes in predictions (n, k) and the targets of the same rows."""
        if not len(predictions):
            return
        known = self.metric.add(self.state, predictions, targets)
        known["rows"] = self.state["rows"] + np.int64(len(predictions))
        # sums of arrays without axes are no longer arrays
        self.state = {name: np.asarray(value) for name, value in known.items()}

    def result(self) -> Result:
        """The figure for all rows so far: a number, or a list of rows; raises InputError where there are none."""
        if not self.state["rows"]:
            raise self.metric.refuse("has no rows to measure", "check how the data is split")
        return self.metric.figure(self.state)


def class_scores(predictions: np.ndarray) -> np.ndarray:
    """Scores (n, classes); from one column, that of the second class of two, both columns are made."""
    return np.concatenate([1 - predictions, predictions], axis=1) if predictions.shape[1] == 1 else predictions


def labels_of(targets: np.ndarray) -> np.ndarray:
    """Class numbers (n,) in int64, also of a binary target (n, 1)."""
    return targets.reshape(len(targets)).astype(np.int64)
