"""The rows with the worst predictions: by loss, or for image classes the most confident mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from dltool.config.data import DataConfig
from dltool.data.dataset.opening import raw_rows
from dltool.data.inspection.sample_images import picture_shape
from dltool.data.preprocessing.features import Preparation
from dltool.data.samples.samples import Samples
from dltool.data.samples.signature import Signature
from dltool.errors import InputError
from dltool.metrics.tokens import COUNTED, SURPRISE

#: number of examples, and of misclassified images
WORST, MISTAKES = 12, 24
#: size in bytes up to which files are read again for the cells of a few rows
SMALL = 32 << 20
_SMALLEST = 1e-12  # probability

#: returns the locations of rows
Places = Callable[[Sequence[int]], list[str]]


@dataclass(frozen=True)
class Example:
    """A row with its prediction and its true target."""

    row: int  # in the part
    prediction: np.ndarray  # (k,) probabilities of classes or labels, numbers in the units of the data, or scores
    target: np.ndarray  # a class (), labels (k,) of 0 and 1, numbers (k,) in the units of the data, or counts of tokens
    sample: Samples  # the prepared row
    place: str = ""  # file and line: "data.csv:18"
    cells: Mapping[str, str] = field(default_factory=dict)  # as in the file

    @property
    def location(self) -> str:
        """File and line, or the row number if these are not known."""
        return self.place or f"row {self.row + 1:,}"


class Worst:
    """Collects the worst examples: those with the highest loss, or the most confident mistakes.

    Images of classes are ranked by mistakes; if there are none, by the lowest confidence.
    """

    def __init__(self, signature: Signature, preparation: Preparation):
        self._signature = signature
        self.are_mistakes = signature.task == "classes" and picture_shape(preparation) is not None
        self._most = MISTAKES if self.are_mistakes else WORST
        self._found: list[tuple[float, Example]] = []

    def add(
        self,
        rows: np.ndarray,
        piece: Samples,
        predictions: np.ndarray,
        targets: np.ndarray,
        places: Places | None = None,
    ) -> None:
        """Add samples, which have the numbers `rows` (n,)."""
        if self.are_mistakes:
            severity = mistaken(self._signature, predictions, targets)
        else:
            severity = row_losses(self._signature, predictions, targets, self._signature.series(piece.targets))
        least = self._found[-1][0] if len(self._found) == self._most else -np.inf
        highest = [i for i in np.argsort(-severity, kind="stable")[: self._most].tolist() if severity[i] > least]
        locations = places(highest) if places and highest else [""] * len(highest)
        self._found += [
            (float(severity[i]), Example(int(rows[i]), predictions[i], targets[i], _copied(piece, i), place))
            for i, place in zip(highest, locations, strict=True)
        ]
        self._found = sorted(self._found, key=lambda one: -one[0])[: self._most]

    @property
    def examples(self) -> list[Example]:
        """The worst examples, worst first."""
        return (self.are_mistakes and self.mistakes) or [example for _, example in self._found[:WORST]]

    @property
    def mistakes(self) -> list[Example]:
        """The misclassified images."""
        return [example for severity, example in self._found if severity >= 1]


def row_losses(
    signature: Signature, predictions: np.ndarray, targets: np.ndarray, series: np.ndarray | None = None
) -> np.ndarray:
    """The loss of each row (n,): cross entropy (mean over labels or tokens), or the squared error in scaled units.

    The rows of several time series have the numbers of these (n,).
    """
    if signature.task == "tokens":
        return predictions[:, SURPRISE] / np.maximum(predictions[:, COUNTED], 1)
    if signature.task == "numbers":
        scale = signature.target_scale
        factor = scale.factor if scale else np.ones(1)
        if factor.ndim == 2:  # one for each series
            factor = factor[0 if series is None else series]
        return np.square((predictions - targets) * factor).sum(axis=1)
    if signature.task == "classes":
        true = np.take_along_axis(predictions, targets[:, None], axis=1)
    else:
        true = np.where(targets > 0.5, predictions, 1 - predictions)
    return -np.log(np.maximum(true.astype(np.float64), _SMALLEST)).mean(axis=1)


def mistaken(signature: Signature, predictions: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """For each row (n,): 1 + the probability of a wrongly predicted class; below 1 if the prediction is right."""
    decided = signature.decided(predictions)
    chances = np.take_along_axis(predictions, decided[:, None], axis=1)[:, 0].astype(np.float64)
    return np.where(decided == targets, (1 - chances) / 2, 1 + chances)


def found_again(
    examples: Sequence[Example],
    data: DataConfig,
    folders: Sequence[Path],
    preprocessing: Mapping[str, Any],
    part: str,
    *,
    most: int | None = None,
) -> list[Example]:
    """Examples with their locations and cells, if the part's files still exist and have at most `most` bytes."""
    found = None
    with suppress(InputError):  # the examples are useful without cells too
        rows = [example.row for example in examples]
        found = raw_rows(data, folders, preprocessing, part, rows, most=most) if rows else None
    if found is None:
        return [*examples]
    return [replace(one, place=raw.place, cells=raw.cells) for one, raw in zip(examples, found, strict=True)]


def _copied(piece: Samples, row: int) -> Samples:
    """A copy of one sample, which does not keep the whole chunk in memory."""
    one = piece.rows(row, row + 1)
    return Samples(one.features.copy(), one.targets.copy(), one.codes.copy())
