"""Metrics that follow from the confusion matrix: how often each class was taken for each other."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field

from dltool.metrics.metric import Metric, Result, State, class_scores, labels_of
from dltool.registry import register


class ClassReport(NamedTuple):
    """How well one class is told from the others; a share of nothing is 0."""

    precision: float  # of the rows that were called this class, how many are
    recall: float  # of the rows of this class, how many were called so
    f1: float  # harmonic mean of both
    support: int  # rows of this class


def report(confusion: np.ndarray | list[list[int]]) -> list[ClassReport]:
    """One entry for each class of a confusion matrix (true classes, predicted classes)."""
    counts = np.asarray(confusion, dtype=np.int64)
    right, called, support = np.diag(counts), counts.sum(axis=0), counts.sum(axis=1)
    columns = _share(right, called), _share(right, support), _share(2 * right, called + support), support
    return [ClassReport(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


class Confusion(Metric):
    """The contract of metrics that follow from a confusion matrix."""

    task: ClassVar[Literal["classes", "numbers"]] = "classes"

    def empty(self, width: int) -> State:
        """A matrix (true classes, predicted classes) of zeros."""
        return {"confusion": np.zeros((width, width), np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Counts each row at its true and its most probable class."""
        counts = state["confusion"]
        cells = labels_of(targets) * len(counts) + class_scores(predictions).argmax(axis=1)
        return {"confusion": counts + np.bincount(cells, minlength=counts.size).reshape(counts.shape)}


@register("metric", "confusion_matrix")
class ConfusionMatrix(Confusion):
    """How often each class (rows) was taken for each other (columns)."""

    better: ClassVar[Literal["higher", "lower"] | None] = None

    def figure(self, state: State) -> Result:
        """Counts, as nested lists."""
        return state["confusion"].tolist()


class Averaged(Confusion):
    """The contract of figures that each class has, and of which an average is taken."""

    average: Literal["auto", "binary", "macro", "weighted", "micro"] = Field(
        default="auto",
        description="binary: of the second of two classes; macro: mean over the classes; weighted: by their rows;"
        " micro: over all rows; auto: binary for two classes, else macro",
    )

    def empty(self, width: int) -> State:
        """As for all; a binary average needs two classes."""
        if self.average == "binary" and width != 2:
            raise self.refuse(f"has average binary for {width} classes", "use macro, weighted or micro")
        return super().empty(width)

    def figure(self, state: State) -> float:
        """The average; classes that neither occur nor were predicted do not count."""
        counts = state["confusion"]
        if self.average == "micro":
            # with one answer for each row, a miss of one class is a false alarm of another: all three are accuracy
            return float(np.trace(counts) / counts.sum())
        rows = report(counts)
        values = np.array([getattr(row, self.yaml_name) for row in rows])
        if self.average == "binary" or (self.average == "auto" and len(rows) == 2):
            return float(values[1])
        support = counts.sum(axis=1)
        weights = support if self.average == "weighted" else np.sign(support + counts.sum(axis=0))
        return float(np.average(values, weights=weights))


@register("metric", "precision", main="average")
class Precision(Averaged):
    """Of the rows that were called a class, the share that is of it."""


@register("metric", "recall", main="average")
class Recall(Averaged):
    """Of the rows of a class, the share that was called so."""


@register("metric", "f1", main="average")
class F1(Averaged):
    """Harmonic mean of precision and recall."""
