"""Metrics computed from a confusion matrix: true against predicted classes, or one 2 × 2 matrix for each label."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from dltool.config.experiment import TARGETS, Task
from dltool.errors import did_you_mean
from dltool.metrics.metric import Answers, Metric, Result, State
from dltool.metrics.threshold import Deciding, DecisionCounts
from dltool.registry import register


class ClassReport(NamedTuple):
    """How well one class or label is recognized; 0 where a denominator is 0."""

    precision: float  # share of the predicted rows that are right
    recall: float  # share of the true rows that were found
    f1: float  # harmonic mean of both
    support: int  # number of true rows


def report(confusion: Any) -> list[ClassReport]:
    """One entry for each class of a confusion matrix (true, predicted), or each label of a stack of them (k, 2, 2)."""
    correct, predicted, support = _counts(np.asarray(confusion, dtype=np.int64))
    columns = _share(correct, predicted), _share(correct, support), _share(2 * correct, predicted + support), support
    return [ClassReport(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _counts(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each class or label (k,): correctly predicted rows, predicted rows, true rows."""
    if confusion.ndim == 2:
        return np.diag(confusion), confusion.sum(axis=0), confusion.sum(axis=1)
    return confusion[:, 1, 1], confusion[:, :, 1].sum(axis=1), confusion[:, 1].sum(axis=1)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


class Confusion(Metric):
    """Base of the metrics that are computed from a confusion matrix."""

    tasks: ClassVar[tuple[Task, ...]] = ("classes", "multilabel")
    decides: ClassVar[bool] = True

    def empty(self, answers: Answers) -> State:
        """Zero counts: (true class, predicted class), or (label, true 0/1, predicted 0/1)."""
        shape = (answers.width, answers.width) if answers.task == "classes" else (answers.width, 2, 2)
        return {"confusion": np.zeros(shape, np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Count each row by its true and most probable class, or each of its labels by true and predicted value."""
        counts = state["confusion"]
        if targets.ndim == 1:
            cells = targets * len(counts) + predictions.argmax(axis=1)
        else:
            cells = 4 * np.arange(len(counts)) + 2 * targets + (predictions > 0.5)
        return {"confusion": counts + np.bincount(cells.reshape(-1), minlength=counts.size).reshape(counts.shape)}


@register("metric", "confusion_matrix")
class ConfusionMatrix(Confusion):
    """How many rows of each true class (rows) were predicted as each class (columns)."""

    better: ClassVar[Literal["higher", "lower"] | None] = None
    tasks: ClassVar[tuple[Task, ...]] = ("classes",)

    def result(self, state: State, answers: Answers) -> Result:
        """The counts as nested lists."""
        return state["confusion"].tolist()


class Averaged(Confusion):
    """Base of the metrics that exist for each class or label and are averaged over them."""

    average: Literal["auto", "binary", "macro", "weighted", "micro"] = Field(
        default="auto",
        description="binary: for one class; macro: mean over classes or labels; weighted: mean weighted by their rows;"
        " micro: over all answers; auto: binary for two classes or where `positive` names one, else macro",
    )
    positive: str | int | bool | None = Field(
        default=None,
        description="the positive class or label of a binary average; by default the rarer of two classes in the"
        " training part, or the second if they are equally frequent",
    )

    @model_validator(mode="after")
    def _positive_is_of_a_binary_average(self) -> Self:
        if self.positive is not None and self.average not in ("auto", "binary"):
            raise ValueError(f"average {self.average} covers all classes or labels; leave out positive")
        return self

    def about(self, answers: Answers) -> str | None:
        """The positive class or label of a binary average, else None."""
        index = self._positive_index(answers)
        return None if index is None else answers.names[index]

    def empty(self, answers: Answers) -> State:
        """Zero counts; raises InputError for an unknown positive class."""
        self._positive_index(answers)
        return super().empty(answers)

    def _positive_index(self, answers: Answers) -> int | None:
        """Index of the positive class or label of a binary average; None for other averages."""
        if self.positive is not None:
            return self._named(answers)
        two = answers.task == "classes" and answers.width == 2
        if self.average == "binary" and not two:
            what = f"has average binary, but there are {answers.width} {TARGETS[answers.task]}"
            raise self.refuse(what, "use macro, weighted or micro, or name one class: positive")
        return answers.positive if two and self.average in ("auto", "binary") else None

    def _named(self, answers: Answers) -> int:
        name = str(self.positive)
        alike = [i for i, one in enumerate(answers.names) if one == name]
        if isinstance(self.positive, bool):  # YAML reads true where a table may have TRUE or True
            alike = alike or [i for i, one in enumerate(answers.names) if one.lower() == name.lower()]
        if not alike:
            what = f"has positive '{name}', which is not one of the {TARGETS[answers.task]}"
            raise self.refuse(what, did_you_mean(name, answers.names))
        return alike[0]

    def result(self, state: State, answers: Answers) -> float:
        """The average as in scikit-learn: classes that neither occur nor were predicted do not count, but labels do."""
        confusion = state["confusion"]
        correct, predicted, support = _counts(confusion)
        if self.average == "micro":
            hits, calls, rows = int(correct.sum()), int(predicted.sum()), int(support.sum())
            shares = {"precision": (hits, calls), "recall": (hits, rows), "f1": (2 * hits, calls + rows)}
            part, whole = shares[self.yaml_name]
            return part / whole if whole else 0.0
        values = np.array([getattr(row, self.yaml_name) for row in report(confusion)])
        if (index := self._positive_index(answers)) is not None:
            return float(values[index])
        counted = np.sign(support + predicted) if answers.task == "classes" else np.ones(len(values))
        weights = support if self.average == "weighted" else counted
        return float(np.average(values, weights=weights)) if weights.any() else 0.0


@register("metric", "precision", main="average")
class Precision(Averaged):
    """Share of the rows predicted as a class, or with a label, that truly are."""


@register("metric", "recall", main="average")
class Recall(Averaged):
    """Share of the rows of a class, or with a label, that were found."""


@register("metric", "f1", main="average")
class F1(Averaged, Deciding):
    """Harmonic mean of precision and recall."""

    @model_validator(mode="after")
    def _threshold_is_of_a_binary_average(self) -> Self:
        if self.threshold is not None and self.average not in ("auto", "binary"):
            raise ValueError(f"a threshold decides for one class; average {self.average} covers all: leave out one")
        return self

    def empty(self, answers: Answers) -> State:
        """Zero counts; raises InputError for a threshold without two classes."""
        self.start_deciding(answers)
        return super().empty(answers)

    def decided(self, answers: Answers) -> int:
        """The positive class."""
        index = self._positive_index(answers)
        assert index is not None
        return index

    def at(self, counts: DecisionCounts, answers: Answers) -> np.ndarray:
        """2 · hits / (2 · hits + both kinds of mistakes)."""
        hits = counts.second_second if self.decided(answers) else counts.first_first
        return _share(2.0 * hits, 2 * hits + counts.first_second + counts.second_first)
