"""Measures a checkpoint on one part of its data: all metrics, a sample of its predictions, and its worst rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dltool.data.prediction.rows import ROWS
from dltool.data.samples.samples import Samples
from dltool.data.store.reader import StoredSamples
from dltool.training.assessment import Measurement
from dltool.training.checkpoint import Checkpoint
from dltool.training.examples import Example, Worst
from dltool.training.forecast_examples import ForecastExample, forecast_examples
from dltool.training.portions import portions_of
from dltool.training.prediction import Predictor

#: rows whose predictions are kept, evenly spaced
MOST_KEPT = 20_000


@dataclass(frozen=True)
class Measured:
    """The results of a network on one part."""

    part: str
    epoch: int  # after which the network was as it was measured
    results: Mapping[str, Any]  # as `dltool eval --json` gives them
    predictions: np.ndarray  # (n, k) of evenly spaced rows, as those of examples
    targets: np.ndarray  # likewise
    worst: Sequence[Example]
    forecasts: Sequence[ForecastExample] = ()  # of time series


def measure(
    predictor: Predictor,
    checkpoint: Checkpoint,
    samples: Samples | StoredSamples,
    part: str,
    epoch: int,
    note: Callable[[str], None],
) -> Measured:
    """Measure a part that is prepared already; `note` receives messages about undefined metrics."""
    signature, measurement = predictor.signature, Measurement(predictor, checkpoint)
    worst = Worst(signature, predictor.preprocessing.features)
    stride = -(-len(samples) // MOST_KEPT)
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    for portion in portions_of(samples, in_streams=predictor.network.in_streams, most=ROWS):
        predictions, targets = measurement.add(portion), signature.known(portion.samples.targets)
        begin = -portion.first % stride
        kept.append((predictions[begin::stride], targets[begin::stride]))
        if signature.task != "inputs":
            worst.add(portion.rows, portion.samples, predictions, targets)
    predictions, targets = (np.concatenate(arrays) for arrays in zip(*kept, strict=True))
    results, shown = measurement.result(note), forecast_examples(predictor, samples)
    return Measured(part, epoch, results, predictions, targets, worst.examples, shown)
