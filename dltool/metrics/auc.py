"""Area under the receiver operating characteristic."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from dltool.config.experiment import Task
from dltool.metrics.metric import Answers, Metric, State
from dltool.registry import register


def area(scores: np.ndarray, positive: np.ndarray) -> float:
    """Probability that a positive row outscores a negative one, ties counting half; scores (n,), positive bool (n,)."""
    values, inverse = np.unique(scores, return_inverse=True)
    positives = np.bincount(inverse[positive], minlength=len(values))
    negatives = np.bincount(inverse[~positive], minlength=len(values))
    below = np.cumsum(negatives) - negatives
    # twice the number of correctly ordered pairs, in exact integers
    won = np.sum(positives * (2 * below + negatives))
    return float(won / (2 * positives.sum() * negatives.sum()))


@register("metric", "auc")
class Auc(Metric):
    """Exact area under the ROC curve; the mean over labels, or over one-vs-rest for more than two classes."""

    tasks: ClassVar[tuple[Task, ...]] = ("classes", "multilabel")

    def empty(self, answers: Answers) -> State:
        """No rows yet; all scores are kept, since the result depends on their order."""
        targets = np.zeros(0, np.int64) if answers.task == "classes" else np.zeros((0, answers.width), np.bool_)
        return {"scores": np.zeros((0, answers.width), np.float32), "targets": targets}

    def add(self, state: State, predictions: np.ndarray, targets: np.ndarray) -> State:
        """Append the rows."""
        return {
            "scores": np.concatenate([state["scores"], predictions.astype(np.float32)]),
            "targets": np.concatenate([state["targets"], targets]),
        }

    def result(self, state: State, answers: Answers) -> float:
        """The mean over the classes that occur (at least two), or over the labels that some but not all rows have."""
        scores, targets = state["scores"], state["targets"]
        single_label = targets.ndim == 1
        if single_label and scores.shape[1] == 2:
            scores = scores[:, 1:]
            positive = targets[:, None] == 1
        elif single_label:
            positive = targets[:, None] == np.arange(scores.shape[1])
        else:
            positive = targets
        defined = positive.any(axis=0) & ~positive.all(axis=0)
        if not defined.any():
            what = "two classes, but these have one" if single_label else "one row with a label and one without it"
            raise self.refuse(f"needs rows of at least {what}", "check how the data is split")
        return float(np.mean([area(scores[:, column], positive[:, column]) for column in np.flatnonzero(defined)]))
