"""Metrics that count right answers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from dltool.config.experiment import Task
from dltool.metrics.metric import Answers, Metric, State
from dltool.registry import register


def answered_right(predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Which answers are right: (n,) most probable classes, the first of equal ones; (n, k) labels set above 0.5."""
    return predictions.argmax(axis=1) == targets if targets.ndim == 1 else (predictions > 0.5) == targets


@register("metric", "accuracy")
class Accuracy(Metric):
    """Share of answers that are right: the most probable class of each row, or each of its labels."""

    tasks: ClassVar[tuple[Task, ...]] = ("classes", "multilabel")

    def empty(self, answers: Answers) -> State:
        """No hits."""
        return {"hits": np.zeros((), np.int64), "answers": np.zeros((), np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Counts right answers."""
        right = answered_right(predictions, targets)
        return {"hits": state["hits"] + np.count_nonzero(right), "answers": state["answers"] + right.size}

    def figure(self, state: State, answers: Answers) -> float:
        """hits / answers."""
        return float(state["hits"] / state["answers"])


@register("metric", "exact_match")
class ExactMatch(Metric):
    """Share of rows all of whose labels are right."""

    tasks: ClassVar[tuple[Task, ...]] = ("multilabel",)

    def empty(self, answers: Answers) -> State:
        """No hits."""
        return {"hits": np.zeros((), np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Counts rows without a wrong label."""
        return {"hits": state["hits"] + np.count_nonzero(answered_right(predictions, targets).all(axis=1))}

    def figure(self, state: State, answers: Answers) -> float:
        """hits / rows."""
        return float(state["hits"] / state["rows"])


@register("metric", "top_k", main="k")
class TopK(Metric):
    """Share of rows whose right class is among the k most probable, of equal ones the first ones."""

    tasks: ClassVar[tuple[Task, ...]] = ("classes",)

    k: int = Field(default=5, ge=1)

    def empty(self, answers: Answers) -> State:
        """No hits; there must be more than k classes."""
        if self.k >= answers.width:
            what = f"with k = {self.k} is always 1 for {answers.width} classes"
            raise self.refuse(what, f"use k below {answers.width}")
        return {"hits": np.zeros((), np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Of equal scores the lower class number comes first, as it does for accuracy."""
        labels = targets[:, None]
        own = np.take_along_axis(predictions, labels, axis=1)
        equal_before = (predictions == own) & (np.arange(predictions.shape[1]) < labels)
        ahead = np.count_nonzero((predictions > own) | equal_before, axis=1)
        return {"hits": state["hits"] + np.count_nonzero(ahead < self.k)}

    def figure(self, state: State, answers: Answers) -> float:
        """hits / rows."""
        return float(state["hits"] / state["rows"])
