"""Evaluates a network on a part of the data: loss and metrics over all rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import Signature
from dltool.data.store.reader import StoredSamples
from dltool.metrics.metric import Metric
from dltool.program.building import Network
from dltool.runtime.engine import Engine
from dltool.training.meter import Meter, answers_of

#: rows evaluated at a time
EVALUATION_ROWS = 256
#: approximate bytes of a stored part that are in memory during evaluation
PIECE_BYTES = 16 << 20


def make_meter(metrics: Sequence[Metric], signature: Signature, network: Network) -> Meter:
    """A meter for the predictions of a network; raises `InputError` if a metric does not fit the task."""
    return Meter(
        metrics,
        answers=answers_of(signature, network.quantiles),
        output_activation=network.predictions,
        own_units=signature.own_units,
    )


def evaluate(
    engine: Engine, part: str, samples: Samples | StoredSamples, meter: Meter, *, use_average: bool = False
) -> None:
    """Evaluate a part of the engine's data, in chunks if it is stored on disk.

    `meter` accumulates the loss and the metrics; they have the same bits however the part is split.
    """
    for piece in _pieces(samples):
        if piece is not samples:
            engine.attach(part, piece)
        result = engine.evaluate(part, use_average=use_average)
        meter.add_losses(result.losses, result.weights)
        meter.add_outputs(result.outputs, piece.targets)


def _pieces(samples: Samples | StoredSamples) -> Iterator[Samples]:
    """Consecutive chunks of samples in memory; all but the last are whole batches."""
    if isinstance(samples, Samples):
        yield samples
        return
    rows = EVALUATION_ROWS * max(1, PIECE_BYTES // (samples.layout.bytes * EVALUATION_ROWS))
    for low in range(0, len(samples), rows):
        yield samples.rows(low, low + rows)
