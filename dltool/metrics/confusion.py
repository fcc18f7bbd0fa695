"""Metrics that follow from a confusion matrix: how often each class was taken for each other, or a label for set."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from dltool.config.experiment import TARGETS, Task
from dltool.errors import did_you_mean
from dltool.metrics.metric import Answers, Metric, Result, State
from dltool.registry import register


class ClassReport(NamedTuple):
    """How well one class or label is told from the others; a share of nothing is 0."""

    precision: float  # of the rows that were called so, how many are
    recall: float  # of the rows that are, how many were called so
    f1: float  # harmonic mean of both
    support: int  # rows that are


def report(confusion: Any) -> list[ClassReport]:
    """One entry for each class of a confusion matrix (true, predicted), or each label of a stack of them (k, 2, 2)."""
    right, called, support = _counts(np.asarray(confusion, dtype=np.int64))
    columns = _share(right, called), _share(right, support), _share(2 * right, called + support), support
    return [ClassReport(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _counts(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each class or label: rows that are and were called so, rows called so, rows that are."""
    if confusion.ndim == 2:
        return np.diag(confusion), confusion.sum(axis=0), confusion.sum(axis=1)
    return confusion[:, 1, 1], confusion[:, :, 1].sum(axis=1), confusion[:, 1].sum(axis=1)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


class Confusion(Metric):
    """The contract of metrics that follow from a confusion matrix."""

    tasks: ClassVar[tuple[Task, ...]] = ("classes", "multilabel")

    def empty(self, answers: Answers) -> State:
        """Zeros: one matrix (true classes, predicted classes), or for each label one of (not set, set)."""
        shape = (answers.width, answers.width) if answers.task == "classes" else (answers.width, 2, 2)
        return {"confusion": np.zeros(shape, np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Counts each row at its true and its most probable class, or its labels at what they are and are called."""
        counts = state["confusion"]
        if targets.ndim == 1:
            cells = targets * len(counts) + predictions.argmax(axis=1)
        else:
            cells = 4 * np.arange(len(counts)) + 2 * targets + (predictions > 0.5)
        return {"confusion": counts + np.bincount(cells.reshape(-1), minlength=counts.size).reshape(counts.shape)}


@register("metric", "confusion_matrix")
class ConfusionMatrix(Confusion):
    """How often each class (rows) was taken for each other (columns)."""

    better: ClassVar[Literal["higher", "lower"] | None] = None
    tasks: ClassVar[tuple[Task, ...]] = ("classes",)

    def figure(self, state: State, answers: Answers) -> Result:
        """Counts, as nested lists."""
        return state["confusion"].tolist()


class Averaged(Confusion):
    """The contract of figures that each class or label has, and of which an average is taken."""

    average: Literal["auto", "binary", "macro", "weighted", "micro"] = Field(
        default="auto",
        description="binary: of one class; macro: mean over classes or labels; weighted: by their rows; micro: over all"
        " answers; auto: binary for two classes or where `positive` names one, else macro",
    )
    positive: str | int | bool | None = Field(
        default=None,
        description="class or label that a binary average is about; by default the rarer one of two classes in the"
        " training part, of equally frequent ones the second",
    )

    @model_validator(mode="after")
    def _positive_is_of_a_binary_average(self) -> Self:
        if self.positive is not None and self.average not in ("auto", "binary"):
            raise ValueError(f"average {self.average} is about all classes or labels; leave out positive")
        return self

    def about(self, answers: Answers) -> str | None:
        """The class or label of a binary average."""
        place = self._place(answers)
        return None if place is None else answers.names[place]

    def empty(self, answers: Answers) -> State:
        """As for all; what a binary average is about must be known."""
        self._place(answers)
        return super().empty(answers)

    def _place(self, answers: Answers) -> int | None:
        """Where the class or label of a binary average stands among all; None for other averages."""
        if self.positive is not None:
            return self._named(answers)
        two = answers.task == "classes" and answers.width == 2
        if self.average == "binary" and not two:
            what = f"has average binary for {answers.width} {TARGETS[answers.task]}"
            raise self.refuse(what, "use macro, weighted or micro, or name one: positive")
        return answers.positive if two and self.average in ("auto", "binary") else None

    def _named(self, answers: Answers) -> int:
        name = str(self.positive)
        alike = [i for i, one in enumerate(answers.names) if one == name]
        if isinstance(self.positive, bool):  # as a table may write it
            alike = alike or [i for i, one in enumerate(answers.names) if one.lower() == name.lower()]
        if not alike:
            what = f"has positive '{name}', which is none of the {TARGETS[answers.task]}"
            raise self.refuse(what, did_you_mean(name, answers.names))
        return alike[0]

    def figure(self, state: State, answers: Answers) -> float:
        """The average, as in scikit-learn: classes that neither occur nor were predicted do not count, labels do."""
        confusion = state["confusion"]
        right, called, support = _counts(confusion)
        if self.average == "micro":
            rights, calls, rows = int(right.sum()), int(called.sum()), int(support.sum())
            shares = {"precision": (rights, calls), "recall": (rights, rows), "f1": (2 * rights, calls + rows)}
            part, whole = shares[self.yaml_name]
            return part / whole if whole else 0.0
        values = np.array([getattr(row, self.yaml_name) for row in report(confusion)])
        if (place := self._place(answers)) is not None:
            return float(values[place])
        counted = np.sign(support + called) if answers.task == "classes" else np.ones(len(values))
        weights = support if self.average == "weighted" else counted
        return float(np.average(values, weights=weights)) if weights.any() else 0.0


@register("metric", "precision", main="average")
class Precision(Averaged):
    """Of the rows that were called a class, or given a label, the share that is right."""


@register("metric", "recall", main="average")
class Recall(Averaged):
    """Of the rows of a class, or with a label, the share that was called so."""


@register("metric", "f1", main="average")
class F1(Averaged):
    """Harmonic mean of precision and recall."""
