"""The threshold of a decision between two classes: fixed by the config, or the best one for a metric on some rows.

A network of two classes predicts the more probable one, unless a metric of its config names a threshold. The threshold
then belongs to the network: it decides in all metrics and in all predictions. Probabilities stay what they are.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from dltool.metrics.metric import Answers, Metric

Threshold = Literal["best"] | Annotated[float, Field(gt=0, lt=1)]


class DecisionCounts(NamedTuple):
    """Counts of rows (thresholds,) if the second class is predicted above each; named by true class, then predicted."""

    first_first: np.ndarray
    first_second: np.ndarray
    second_first: np.ndarray
    second_second: np.ndarray


class Deciding(Metric):
    """Base of the metrics that may choose the threshold."""

    threshold: Threshold | None = Field(
        default=None,
        description="of two classes, the probability of the positive one from which on it is predicted, by this network"
        " altogether; best: the one at which this metric is highest on the validation part. By default 0.5",
    )

    @abstractmethod
    def at(self, counts: DecisionCounts, answers: Answers) -> np.ndarray:
        """The metric at each threshold (thresholds,), for two classes."""

    def decided(self, answers: Answers) -> int:
        """Index of the class that the threshold is one of."""
        return answers.positive

    def start_deciding(self, answers: Answers) -> None:
        """Raises InputError where there is nothing to decide between."""
        if self.threshold is not None and not (answers.task == "classes" and answers.width == 2):
            what = f"has a threshold, which needs two classes, but there are {answers.width} {_kinds(answers)}"
            raise self.refuse(what, "leave it out")


def deciding(metrics: Sequence[Metric]) -> Deciding | None:
    """The metric that has a threshold, if any; the config has at most one."""
    return next((one for one in metrics if isinstance(one, Deciding) and one.threshold is not None), None)


def fixed_threshold(metrics: Sequence[Metric], answers: Answers) -> float | None:
    """The threshold for the second class that the config fixes; None if it is 0.5 or tuned."""
    metric = deciding(metrics)
    if metric is None or metric.threshold is None or metric.threshold == "best":
        return None
    return metric.threshold if metric.decided(answers) else 1 - metric.threshold


def best_threshold(metric: Deciding, answers: Answers, scores: np.ndarray, second: np.ndarray) -> float:
    """The threshold for the second class at which a metric is highest; of equal ones the nearest to 0.5.

    `scores` (n,) are probabilities of the second class, `second` (n,) booleans: rows that it is true for. Thresholds
    lie halfway between two neighboring scores, so that rounding decides nothing.
    """
    order = np.argsort(-scores, kind="stable")
    sorted_scores, hits = scores[order].astype(np.float64), np.cumsum(second[order])
    last = np.flatnonzero(np.append(sorted_scores[1:] < sorted_scores[:-1], True))  # of equal scores
    edges = np.concatenate([[1.0], sorted_scores[last], [0.0]])
    above, found = np.concatenate([[0], last + 1]), np.concatenate([[0], hits[last]])
    positives, rows = int(second.sum()), len(second)
    counts = DecisionCounts(rows - positives - (above - found), above - found, positives - found, found)
    values, thresholds = metric.at(counts, answers), (edges[:-1] + edges[1:]) / 2
    best = np.flatnonzero(values >= values.max() - 1e-12)
    return float(thresholds[best[np.abs(thresholds[best] - 0.5).argmin()]])


def _kinds(answers: Answers) -> str:
    return "classes" if answers.task == "classes" else "labels"
