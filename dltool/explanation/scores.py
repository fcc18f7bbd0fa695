"""How good predictions are for some samples, and how strongly a prediction speaks for its answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dltool.data.samples.samples import Samples
from dltool.metrics.metric import Metric, by_name
from dltool.training.assessment import measured_metrics
from dltool.training.evaluation import make_meter
from dltool.training.meter import answers_of
from dltool.training.prediction import Predictor

#: the smallest probability that log-odds are taken of
LEAST = 1e-12


@dataclass(frozen=True)
class Score:
    """The mean loss, and a metric in which higher is better: one where lower is better is negative."""

    loss: float
    metric: float


def main_metric(predictor: Predictor) -> tuple[str, Metric]:
    """The first metric of the config that is a number, else the first default one of the task, with its name."""
    measured = by_name(measured_metrics(predictor.experiment.metrics, predictor.signature.task))
    return next((name, metric) for name, metric in measured.items() if metric.better)


def score(predictor: Predictor, samples: Samples, metric: Metric) -> Score:
    """The loss and the metric of samples with their targets."""
    result = predictor.run(samples)
    meter = make_meter([metric], predictor.signature, predictor.network)
    meter.add_losses(result.losses, result.weights)
    meter.add_outputs(result.outputs, samples.targets)
    loss, value = meter.result().values()
    return Score(loss, value if metric.better == "higher" else -value)


def predicted(predictor: Predictor, samples: Samples) -> np.ndarray:
    """Predictions (n, k) in float64: probabilities, or numbers in the units of the data; of quantiles the median."""
    outputs = predictor.run(samples).outputs.astype(np.float64)
    predictions = predictor.predictions(outputs, samples.targets)
    return answers_of(predictor.signature, predictor.network.quantiles).point(predictions)


def evidence(predictor: Predictor, samples: Samples, answers: np.ndarray) -> np.ndarray:
    """How strongly each sample speaks for one answer (n,): log-odds of its probability, or the number itself.

    Log-odds, unlike probabilities, still change where a network is sure (Robnik-Šikonja and Kononenko 2008).
    `answers` (n,) are indices of classes, labels or targets.
    """
    predictions = predicted(predictor, samples)
    own = np.take_along_axis(predictions, answers[:, None], axis=1)[:, 0]
    if predictor.signature.task == "numbers":
        return own
    whole = predictions.sum(axis=1) if predictor.signature.classes else np.ones(len(own))
    return np.log(np.maximum(own, LEAST)) - np.log(np.maximum(whole - own, LEAST))
