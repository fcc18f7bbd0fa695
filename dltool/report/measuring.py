"""A checkpoint measured on one part of its data: all figures, samples of its predictions, and where it does worst."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dltool.data.further import ROWS
from dltool.data.signature import Part, Signature
from dltool.training.assessment import Figures
from dltool.training.baselines import Samples
from dltool.training.checkpoint import Checkpoint
from dltool.training.prediction import Predictor

#: rows whose predictions are kept, evenly spaced
MOST_KEPT = 20_000
#: examples of the highest loss
WORST = 12
_SMALLEST = 1e-12  # probability


@dataclass(frozen=True)
class Example:
    """A row, what was predicted for it, and what is true."""

    row: int  # of the part
    prediction: np.ndarray  # (k,) probabilities of all classes or labels, or numbers in their own units
    target: np.ndarray  # a class (), labels (k,) of 0 and 1, or numbers (k,) in their own units
    sample: Part  # itself, prepared
    place: str = ""  # where it stands: "data.csv:18"
    cells: Mapping[str, str] = field(default_factory=dict)  # as the file has them


@dataclass(frozen=True)
class Measured:
    """What a network makes of one part."""

    part: str
    epoch: int  # after which the network was as it was measured
    figures: Mapping[str, Any]  # as `dltool eval --json` gives them
    predictions: np.ndarray  # (n, k) of evenly spaced rows, as those of examples
    targets: np.ndarray  # likewise
    worst: list[Example]


def measure(
    predictor: Predictor, checkpoint: Checkpoint, samples: Samples, part: str, epoch: int, note: Callable[[str], None]
) -> Measured:
    """Measure a part that is prepared already; `note` is told which figures are not defined for it."""
    signature, figures, worst = predictor.signature, Figures(predictor, checkpoint), _Worst(predictor.signature)
    stride = -(-len(samples) // MOST_KEPT)
    kept: list[tuple[np.ndarray, np.ndarray]] = []
    for low in range(0, len(samples), ROWS):
        piece = samples.rows(low, min(low + ROWS, len(samples)))
        predictions, targets = figures.add(piece), signature.own_units(piece.targets)
        kept.append((predictions[-low % stride :: stride], targets[-low % stride :: stride]))
        worst.add(low, piece, predictions, targets)
    predictions, targets = (np.concatenate(arrays) for arrays in zip(*kept, strict=True))
    return Measured(part, epoch, figures.result(note), predictions, targets, worst.examples)


class _Worst:
    """The examples of the highest loss among all that come."""

    def __init__(self, signature: Signature):
        self._signature = signature
        self._found: list[tuple[float, Example]] = []

    def add(self, low: int, piece: Part, predictions: np.ndarray, targets: np.ndarray) -> None:
        """Look at consecutive rows from `low` on."""
        losses = row_losses(self._signature, predictions, targets)
        highest = np.argsort(-losses, kind="stable")[:WORST].tolist()
        self._found += [
            (float(losses[i]), Example(low + i, predictions[i], targets[i], _copied(piece, i))) for i in highest
        ]
        self._found = sorted(self._found, key=lambda one: -one[0])[:WORST]

    @property
    def examples(self) -> list[Example]:
        """From the worst on."""
        return [example for _, example in self._found]


def row_losses(signature: Signature, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Of each row (n,): cross-entropy, of labels their mean; of numbers the squared error, in units trained on."""
    if signature.task == "numbers":
        scale = signature.target_scale
        return np.square((predictions - targets) * (scale.factor if scale else 1.0)).sum(axis=1)
    if signature.task == "classes":
        true = np.take_along_axis(predictions, targets[:, None], axis=1)
    else:
        true = np.where(targets > 0.5, predictions, 1 - predictions)
    return -np.log(np.maximum(true.astype(np.float64), _SMALLEST)).mean(axis=1)


def _copied(piece: Part, row: int) -> Part:
    """One sample, without what it came with."""
    one = piece.rows(row, row + 1)
    return Part(one.features.copy(), one.targets.copy(), one.codes.copy())
