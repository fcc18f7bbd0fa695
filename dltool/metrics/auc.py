"""Area under the receiver operating characteristic."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from dltool.metrics.metric import Metric, State, class_scores, labels_of
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
    """Area under the ROC curve, exact; with more than two classes the mean of each against the rest."""

    task: ClassVar[Literal["classes", "numbers"]] = "classes"

    def empty(self, width: int) -> State:
        """All scores are kept: their order is what counts."""
        return {"scores": np.zeros((0, width), np.float32), "labels": np.zeros(0, np.int64)}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Appends the rows."""
        return {
            "scores": np.concatenate([state["scores"], class_scores(predictions)]),
            "labels": np.concatenate([state["labels"], labels_of(targets)]),
        }

    def figure(self, state: State) -> float:
        """Over the classes that occur; there must be two of them."""
        scores, labels = state["scores"], state["labels"]
        occurring = np.unique(labels)
        if len(occurring) < 2:
            raise self.refuse("needs rows of at least two classes, these have one", "check how the data is split")
        if scores.shape[1] == 2:
            return area(scores[:, 1], labels == 1)
        return float(np.mean([area(scores[:, label], labels == label) for label in occurring]))
