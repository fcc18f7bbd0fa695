"""Metrics of classes that have an order, computed from a confusion matrix: how far predictions are from the truth."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from dltool.config.experiment import Task
from dltool.metrics.confusion import Confusion
from dltool.metrics.metric import Answers, State
from dltool.registry import register


def distances(classes: int) -> np.ndarray:
    """How many classes apart two classes are (classes, classes)."""
    ranks = np.arange(classes)
    return np.abs(ranks[:, None] - ranks)


@register("metric", "rank_mae")
class RankError(Confusion):
    """Mean number of classes between the predicted class and the true one, of classes in order."""

    better: ClassVar[Literal["higher", "lower"] | None] = "lower"
    tasks: ClassVar[tuple[Task, ...]] = ("classes",)

    def result(self, state: State, answers: Answers) -> float:
        """Σ distance / rows."""
        confusion = state["confusion"]
        return float((confusion * distances(len(confusion))).sum() / confusion.sum())


@register("metric", "cohen_kappa", main="weights")
class CohenKappa(Confusion):
    """Agreement beyond chance: 1 is perfect, 0 what guessing as often as predicted would give (Cohen 1960, 1968)."""

    tasks: ClassVar[tuple[Task, ...]] = ("classes",)

    weights: Literal["none", "linear", "quadratic"] = Field(
        default="none",
        description="what a mistake costs: all alike, or by the distance between the classes, which then have an order,"
        " or by its square",
    )

    def result(self, state: State, answers: Answers) -> float:
        """1 − cost of the mistakes / cost expected by chance; raises InputError where only one class is seen."""
        confusion = state["confusion"]
        apart = distances(len(confusion))
        cost = {"none": np.sign(apart), "linear": apart, "quadratic": apart**2}[self.weights]
        by_chance = np.outer(confusion.sum(axis=1), confusion.sum(axis=0)) / confusion.sum()
        expected = float((by_chance * cost).sum())
        if not expected:
            raise self.refuse("is undefined where all rows have, and get, one class", "use accuracy")
        return 1 - float((confusion * cost).sum()) / expected
