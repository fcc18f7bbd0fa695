"""Metrics that count correct answers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from dltool.config.experiment import Task
from dltool.metrics.metric import Answers, Metric, State
from dltool.registry import register


def correct_answers(predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Which answers are correct: (n,) by the most probable class, the first of equals; (n, k) by labels above 0.5."""
    return predictions.argmax(axis=1) == targets if targets.ndim == 1 else (predictions > 0.5) == targets


@register("metric", "accuracy")
class Accuracy(Metric):
    """Share of correct answers: the most probable class of each row, or each of its labels."""

    tasks: ClassVar[tuple[Task, ...]] = ("classes", "multilabel")
    decides: ClassVar[bool] = True

    def empty(self, answers: Answers) -> State:
        """Zero counts."""
        return {"hits": np.zeros((), np.int64), "answers": np.zeros((), np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Count correct answers."""
        correct = correct_answers(predictions, targets)
        return {"hits": state["hits"] + np.count_nonzero(correct), "answers": state["answers"] + correct.size}

    def result(self, state: State, answers: Answers) -> float:
        """hits / answers."""
        return float(state["hits"] / state["answers"])


@register("metric", "exact_match")
class ExactMatch(Metric):
    """Share of rows with every label correct."""

    tasks: ClassVar[tuple[Task, ...]] = ("multilabel",)

    def empty(self, answers: Answers) -> State:
        """Zero counts."""
        return {"hits": np.zeros((), np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Count rows without a wrong label."""
        return {"hits": state["hits"] + np.count_nonzero(correct_answers(predictions, targets).all(axis=1))}

    def result(self, state: State, answers: Answers) -> float:
        """hits / rows."""
        return float(state["hits"] / state["rows"])


@register("metric", "top_k", main="k")
class TopK(Metric):
    """Share of rows whose true class is among the k most probable ones; ties go to the lower class index."""

    tasks: ClassVar[tuple[Task, ...]] = ("classes",)

    k: int = Field(default=5, ge=1)

    def empty(self, answers: Answers) -> State:
        """No hits; raises InputError unless there are more than k classes."""
        if self.k >= answers.width:
            what = f"with k = {self.k} is always 1 when there are {answers.width} classes"
            raise self.refuse(what, f"use k below {answers.width}")
        return {"hits": np.zeros((), np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Count rows whose true class is among the top k; ties go to the lower class index, as in accuracy."""
        labels = targets[:, None]
        own = np.take_along_axis(predictions, labels, axis=1)
        equal_before = (predictions == own) & (np.arange(predictions.shape[1]) < labels)
        ahead = np.count_nonzero((predictions > own) | equal_before, axis=1)
        return {"hits": state["hits"] + np.count_nonzero(ahead < self.k)}

    def result(self, state: State, answers: Answers) -> float:
        """hits / rows."""
        return float(state["hits"] / state["rows"])
