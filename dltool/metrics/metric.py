"""The contract of metrics: figures about predictions and targets, gathered piece by piece.

A metric is three pure functions: what is known before the first row, what one more piece of rows adds to it, and the
figure that follows. What is known is a mapping of named arrays, so a run stopped in mid-epoch can save it and go on;
the figure does not depend on where the rows were cut into pieces.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from dltool.config.description import Description
from dltool.config.experiment import TARGETS, Task
from dltool.config.metric_names import metric_names
from dltool.errors import InputError, Problem

#: what to use instead of a metric that does not fit
FITTING = {"classes": "accuracy, f1 or auc", "multilabel": "accuracy, f1 or auc", "numbers": "mae, rmse or r2"}

State = dict[str, np.ndarray]
Result = float | list[list[int]]


@dataclass(frozen=True)
class Answers:
    """What is predicted: one of some classes, some labels, or some numbers."""

    task: Task
    names: tuple[str, ...]
    shares: tuple[float, ...] = ()  # of the rows to train on that are of each class, or have each label

    @property
    def width(self) -> int:
        """How many classes, labels or numbers there are."""
        return len(self.names)

    @property
    def positive(self) -> int:
        """Of two classes the one that is looked for: the rarer one in training, of equally frequent ones the second."""
        return 0 if self.shares and self.shares[0] < self.shares[1] else 1


class Metric(Description):
    """A figure that tells how good predictions are."""

    better: ClassVar[Literal["higher", "lower"] | None] = "higher"  # None: not one number
    tasks: ClassVar[tuple[Task, ...]]  # that it is for

    @abstractmethod
    def empty(self, answers: Answers) -> State:
        """What is known before the first row; raises InputError where the metric does not fit the answers."""

    @abstractmethod
    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """What is known after some more rows.

        Predictions are (n, k), targets (n,) int64 of classes, (n, k) booleans of labels, or (n, k) numbers.
        """

    @abstractmethod
    def figure(self, state: State, answers: Answers) -> Result:
        """The result; raises InputError where it is not defined for these rows."""

    def about(self, answers: Answers) -> str | None:
        """The one class or label that the figure is about; None where it is about all."""
        return None

    def start(self, answers: Answers) -> Accumulator:
        """Begins to gather; raises InputError where the metric does not fit."""
        if answers.task not in self.tasks:
            needed = " or ".join(TARGETS[task] for task in self.tasks)
            what = f"needs a target of {needed}, this one holds {TARGETS[answers.task]}"
            raise self.refuse(what, f"use {FITTING[answers.task]}")
        return Accumulator(self, answers, self.empty(answers))

    def refuse(self, what: str, hint: str) -> InputError:
        """The error of a metric that cannot be computed: why, and what the user can do."""
        return InputError(Problem(f"{self.yaml_name} {what}; {hint}", path="metrics"))


class Accumulator:
    """A metric being gathered; `state` may be saved and put back at any time."""

    def __init__(self, metric: Metric, answers: Answers, state: State):
        self.metric = metric
        self.state = {**state, "rows": np.zeros((), np.int64)}
        self._answers = answers

    def update(self, predictions: np.ndarray, targets: np.ndarray) -> None:
        """Takes in predictions (n, k) and the targets of the same rows: (n,), or (n, k) of labels and numbers.

        Of two classes, one column of predictions will do: the probability of the second.
        """
        if not len(predictions):
            return
        if self._answers.task == "classes":
            predictions, targets = _class_scores(predictions), targets.reshape(len(targets)).astype(np.int64)
        elif self._answers.task == "multilabel":
            targets = targets > 0.5
        known = self.metric.add(self.state, predictions, targets)
        known["rows"] = self.state["rows"] + np.int64(len(predictions))
        # sums of arrays without axes are no longer arrays
        self.state = {name: np.asarray(value) for name, value in known.items()}

    def result(self) -> Result:
        """The figure for all rows so far: a number, or a list of rows; raises InputError where there are none."""
        if not self.state["rows"]:
            raise self.metric.refuse("has no rows to measure", "check how the data is split")
        return self.metric.figure(self.state, self._answers)


def by_name(metrics: Sequence[Metric]) -> dict[str, Metric]:
    """Metrics by the names of their figures."""
    return dict(zip(metric_names(metrics), metrics, strict=True))


def positive_classes(metrics: Sequence[Metric], answers: Answers) -> dict[str, str]:
    """The class or label that a figure is about, for those that are about one."""
    told = {name: metric.about(answers) for name, metric in by_name(metrics).items()}
    return {name: about for name, about in told.items() if about is not None}


def _class_scores(predictions: np.ndarray) -> np.ndarray:
    """Scores (n, classes); from one column, that of the second class of two, both columns are made."""
    return np.concatenate([1 - predictions, predictions], axis=1) if predictions.shape[1] == 1 else predictions
