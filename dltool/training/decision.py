"""The threshold of the decision between two classes that belongs to a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

from dltool.config.experiment import Experiment
from dltool.data.samples.signature import Signature
from dltool.metrics.threshold import deciding, fixed_threshold
from dltool.training.counters import Counters
from dltool.training.meter import answers_of


def deciding_signature(signature: Signature, experiment: Experiment, counters: Counters) -> Signature:
    """The signature with the threshold that was tuned up to these counters, or that the config fixes."""
    fixed = fixed_threshold(experiment.metrics, answers_of(signature))
    return replace(signature, threshold=fixed if isnan(counters.threshold) else counters.threshold)


def stated(experiment: Experiment, signature: Signature) -> tuple[str, float] | None:
    """A class, and the probability from which on it is predicted; None without a threshold.

    Of the two classes, it is the one that the metric with the threshold describes.
    """
    metric = deciding(experiment.metrics)
    if metric is None or signature.threshold is None or signature.classes is None:
        return None
    index = metric.decided(answers_of(signature))
    return signature.classes[index], signature.threshold if index else 1 - signature.threshold
