"""How good a network is on a part of the data: loss and metrics over all of its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Protocol

import numpy as np

from dltool.data.samples.signature import Part
from dltool.data.store.reader import StoredPart
from dltool.losses.links import link
from dltool.metrics.metric import Answers, Metric, Signature
from dltool.program.building import Network
from dltool.runtime.engine import Engine
from dltool.training.meter import Meter

#: Rows that are evaluated at a time.
EVALUATION_ROWS = 256
#: Bytes of a stored part that are in memory at a time while it is evaluated, about.
PIECE_BYTES = 16 << 20


class TargetSignature(Signature, Protocol):
    """What a meter needs to know of the data."""

    def own_units(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers as trained on, in the units of the targets."""
        ...


def make_meter(metrics: Sequence[Metric], signature: TargetSignature, network: Network) -> Meter:
    """A meter for the predictions of a network; raises `InputError` where a metric does not fit the task."""
    return Meter(
        metrics,
        answers=Answers.of(signature),
        link=partial(link, network.link),
        own_units=signature.own_units,
    )


def evaluate(engine: Engine, part: str, samples: Part | StoredPart, meter: Meter, *, use_average: bool = False) -> None:
    """Run the evaluation network over a part of the engine's data, piece by piece where it is stored.

    `meter` gathers the loss and the metrics; they have the same bits however the part is cut.
    """
    for piece in _pieces(samples):
        if piece is not samples:
            engine.attach(part, piece)
        result = engine.evaluate(part, use_average=use_average)
        meter.add_losses(result.losses, result.weights)
        meter.add_outputs(result.outputs, piece.targets)


def _pieces(samples: Part | StoredPart) -> Iterator[Part]:
    """Consecutive samples, in memory; whole batches but for the last."""
    if isinstance(samples, Part):
        yield samples
        return
    rows = EVALUATION_ROWS * max(1, PIECE_BYTES // (samples.layout.bytes * EVALUATION_ROWS))
    for low in range(0, len(samples), rows):
        yield samples.rows(low, low + rows)
