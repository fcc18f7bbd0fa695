"""Metrics that count right answers."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from dltool.metrics.metric import Metric, State, class_scores, labels_of
from dltool.registry import register


@register("metric", "accuracy")
class Accuracy(Metric):
    """Share of rows whose most probable class is right."""

    task: ClassVar[Literal["classes", "numbers"]] = "classes"

    def empty(self, width: int) -> State:
        """No hits."""
        return {"hits": np.zeros((), np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Counts rows whose first largest score is that of the right class."""
        right = class_scores(predictions).argmax(axis=1) == labels_of(targets)
        return {"hits": state["hits"] + np.count_nonzero(right)}

    def figure(self, state: State) -> float:
        """hits / rows."""
        return float(state["hits"] / state["rows"])


@register("metric", "top_k", main="k")
class TopK(Metric):
    """Share of rows whose right class is among the k most probable."""

    task: ClassVar[Literal["classes", "numbers"]] = "classes"

    k: int = Field(default=5, ge=1)

    def empty(self, width: int) -> State:
        """No hits; there must be more than k classes."""
        if self.k >= width:
            raise self.refuse(f"with k = {self.k} is always 1 for {width} classes", f"use k below {width}")
        return {"hits": np.zeros((), np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Of equal scores the lower class number comes first, as it does for accuracy."""
        scores, labels = class_scores(predictions), labels_of(targets)[:, None]
        own = np.take_along_axis(scores, labels, axis=1)
        equal_before = (scores == own) & (np.arange(scores.shape[1]) < labels)
        ahead = np.count_nonzero((scores > own) | equal_before, axis=1)
        return {"hits": state["hits"] + np.count_nonzero(ahead < self.k)}

    def figure(self, state: State) -> float:
        """hits / rows."""
        return float(state["hits"] / state["rows"])
