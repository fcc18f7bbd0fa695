"""Evaluates a network on a part of the data: loss and metrics over all rows."""

from __future__ import annotations

from collections.abc import Sequence

from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import Signature
from dltool.data.store.reader import StoredSamples
from dltool.metrics.metric import Metric
from dltool.program.building import Network
from dltool.runtime.engine import Engine
from dltool.training.meter import Meter, answers_of
from dltool.training.portions import portions_of


def make_meter(metrics: Sequence[Metric], signature: Signature, network: Network) -> Meter:
    """A meter for the predictions of a network; raises `InputError` if a metric does not fit the task."""
    return Meter(
        metrics,
        answers=answers_of(signature, network.quantiles),
        output_activation=network.predictions,
        own_units=signature.own_units,
    )


def evaluate(
    engine: Engine,
    part: str,
    samples: Samples | StoredSamples,
    network: Network,
    meter: Meter,
    *,
    use_average: bool = False,
) -> None:
    """Evaluate a part of the engine's data, in portions if it is stored on disk or taken in streams.

    `meter` accumulates the loss and the metrics; they have the same bits however the part is split.
    """
    for portion in portions_of(samples, in_streams=network.in_streams):
        if portion.samples is not samples:
            part = "portion"  # whatever trains on the part keeps its rows in their order
            engine.attach(part, portion.samples, first=portion.first)
        result = engine.evaluate(part, rows=portion.batches, use_average=use_average)
        meter.add_losses(result.losses, result.weights)
        meter.add_outputs(result.outputs, portion.samples.targets)
