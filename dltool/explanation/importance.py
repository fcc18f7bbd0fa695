"""Permutation importance: how much worse predictions get when a group of inputs is shuffled among the samples.

A shuffled column keeps its values but says nothing about its row any more (Breiman 2001; Fisher, Rudin and Dominici
2019). What two columns both tell is still told by the other, so both may seem unimportant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.explanation.groups import Group
from dltool.explanation.scores import score
from dltool.metrics.metric import Metric
from dltool.training.prediction import Predictor


@dataclass(frozen=True)
class Importance:
    """Changes for one group of inputs, one for each time that it was shuffled; positive: predictions get worse."""

    name: str
    loss: np.ndarray  # (shuffles,) rise of the loss
    metric: np.ndarray  # (shuffles,) by how much the metric gets worse


def importances(
    predictor: Predictor,
    samples: Samples,
    groups: Sequence[Group],
    metric: Metric,
    *,
    shuffles: int,
) -> Iterator[Importance]:
    """The importance of each group, in their order; all are shuffled alike, by the seed of the training."""
    before = score(predictor, samples, metric)
    generator = np.random.default_rng(predictor.experiment.train.seed)
    orders = [generator.permutation(len(samples)) for _ in range(shuffles)]
    for group in groups:
        after = [score(predictor, group.taken(samples, samples.taken(order)), metric) for order in orders]
        losses, metrics = (np.array([getattr(one, name) for one in after]) for name in ("loss", "metric"))
        yield Importance(group.name, losses - before.loss, before.metric - metrics)
