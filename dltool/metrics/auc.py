"""Area under the receiver operating characteristic."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from dltool.config.experiment import Task
from dltool.metrics.metric import Answers, Metric, State
from dltool.registry import register


def area(scores: np.ndarray, positive: np.ndarray) -> float:
    """Chance that a positive row scores above a negative one, ties counting half; scores (n,), positive bool (n,)."""
    values, inverse = np.unique(scores, return_inverse=True)
    positives = np.bincount(inverse[positive], minlength=len(values))
    negatives = np.bincount(inverse[~positive], minlength=len(values))
    below = np.cumsum(negatives) - negatives
    # twice the number of won pairs, in whole numbers
    won = np.sum(positives * (2 * below + negatives))
    return float(won / (2 * positives.sum() * negatives.sum()))


@register("metric", "auc")
class Auc(Metric):
    """Area under the ROC curve, exact; of labels their mean, of more than two classes that of each against the rest."""

    tasks: ClassVar[tuple[Task, ...]] = ("classes", "multilabel")

    def empty(self, answers: Answers) -> State:
        """All scores are kept: their order is what counts."""
        targets = np.zeros(0, np.int64) if answers.task == "classes" else np.zeros((0, answers.width), np.bool_)
        return {"scores": np.zeros((0, answers.width), np.float32), "targets": targets}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Appends the rows."""
        return {
            "scores": np.concatenate([state["scores"], predictions.astype(np.float32)]),
            "targets": np.concatenate([state["targets"], targets]),
        }

    def figure(self, state: State, answers: Answers) -> float:
        """Over the classes that occur, of which there must be two; or over the labels that some rows have, not all."""
        scores, targets = state["scores"], state["targets"]
        of_classes = targets.ndim == 1
        if of_classes and scores.shape[1] == 2:
            scores = scores[:, 1:]
            positive = targets[:, None] == 1
        elif of_classes:
            positive = targets[:, None] == np.arange(scores.shape[1])
        else:
            positive = targets
        told = positive.any(axis=0) & ~positive.all(axis=0)
        if not told.any():
            what = "classes, these have one" if of_classes else "kinds, with a label and without it"
            raise self.refuse(f"needs rows of at least two {what}", "check how the data is split")
        return float(np.mean([area(scores[:, column], positive[:, column]) for column in np.flatnonzero(told)]))
