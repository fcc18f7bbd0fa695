"""How good a network is on a part of the data: loss and metrics over all of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

import numpy as np

from dltool.losses.links import link
from dltool.metrics.metric import Metric
from dltool.program.building import Network
from dltool.runtime.engine import Engine
from dltool.training.meter import Meter

#: Rows that are evaluated at a time.
EVALUATION_ROWS = 256


class TargetSignature(Protocol):
    """What metrics need to know of the data."""

    @property
    def classes(self) -> tuple[str, ...] | None: ...
    @property
    def targets(self) -> tuple[str, ...]: ...


def make_meter(metrics: Sequence[Metric], signature: TargetSignature, network: Network) -> Meter:
    """A meter for the predictions of a network; raises `InputError` where a metric does not fit the task."""
    classes = len(signature.classes) if signature.classes else None
    return Meter(metrics, classes=classes, targets=len(signature.targets), link=partial(link, network.link))


def evaluate(engine: Engine, part: str, targets: np.ndarray, meter: Meter, *, use_average: bool = False) -> np.ndarray:
    """Run the evaluation network over a part of the engine's data; returns its outputs (rows, outputs).

    `meter` gathers the loss, and the metrics against `targets`.
    """
    result = engine.evaluate(part, use_average=use_average)
    assert result.outputs is not None
    meter.add_losses(result.losses.sum(dtype=np.float64, keepdims=True), np.array([len(targets)]))
    meter.add_outputs(result.outputs, targets)
    return result.outputs
