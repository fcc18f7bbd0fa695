"""Example forecasts, with their past and the true values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dltool.data.samples.samples import Samples, joined_samples
from dltool.data.sources.windows import Windows
from dltool.data.store.reader import StoredSamples
from dltool.training.prediction import Predictor

#: how many forecasts are kept
MOST = 4


@dataclass(frozen=True)
class ForecastExample:
    """One window, all in the units of the data."""

    series: str  # its name; empty where there is one
    past: np.ndarray  # (length, columns)
    truth: np.ndarray  # (steps, columns)
    forecast: np.ndarray  # (steps, columns, quantiles); one where the network gives single predictions
    middle: int  # which of the quantiles is the prediction itself


def forecast_examples(predictor: Predictor, samples: Samples | StoredSamples) -> Sequence[ForecastExample]:
    """The forecasts of evenly spaced windows; none unless several steps are predicted of columns in the windows."""
    source, signature = predictor.experiment.data.source, predictor.signature
    forecast = signature.forecast
    if not isinstance(source, Windows) or not source.latest or forecast is None or forecast.steps < 2:
        return []
    ends = np.unique(np.linspace(0, len(samples), MOST + 1, dtype=int)[1:])
    part = joined_samples([samples.rows(end - 1, end) for end in ends.tolist()])
    scale, series = predictor.preprocessing.features.scale, signature.series(part.targets)
    shown = scale.undone(part.features, series) if scale else part.features
    predictions = predictor.predictions(predictor.run(part).outputs, part.targets)
    shape = (len(part), forecast.steps, len(forecast.columns))
    predictions = predictions.reshape(*shape, -1)
    quantiles = predictor.network.quantiles
    middle = min(range(len(quantiles)), key=lambda i: abs(quantiles[i] - 0.5)) if quantiles else 0
    known = signature.known(part.targets).reshape(shape)
    return [
        ForecastExample(
            series="" if series is None or series[row] < 0 else forecast.series[series[row]],
            past=shown[row, : source.length, list(source.latest)].T,
            truth=known[row],
            forecast=predictions[row],
            middle=middle,
        )
        for row in range(len(part))
    ]
