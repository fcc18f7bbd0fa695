"""The signature of prepared data, which a network is built for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from dltool.config.experiment import Task
from dltool.data.readers.forecast import Forecast
from dltool.data.scaling.scaling import Scale
from dltool.data.scaling.series_scale import SeriesScale


@dataclass(frozen=True)
class CodeField:
    """The position of one column's codes in a sample, and how they are embedded.

    A code is in [0, size): 0 for unknown values, −1 for padding. If the training part has no code 0, `shares` are the
    frequencies of all other codes, and code 0 stands for their weighted mean. The codes of a sequence are in order, at
    least one of them and padding behind; the network gets them as they are.
    """

    name: str
    start: int
    length: int
    size: int
    width: int | None  # of the embedding; None: one-hot, of a single code
    shares: tuple[float, ...] = ()  # of each code, 0 for code 0; none where code 0 is learned
    sequence: bool = False
    mask: bool = False  # no input: 0 for each step of an array that is no padding
    read: int | None = None  # codes that a network reads, if all others are padding


@dataclass(frozen=True)
class Signature:
    """Shapes, types and names of prepared data.

    `offset` and `factor` scale bytes when a batch is gathered, x = (bytes − offset) · factor:
    float32, () or (features,).
    """

    feature_shape: tuple[int, ...]
    feature_dtype: Literal["float32", "uint8", "int32"]  # int32: codes, which the network gets as they are
    offset: np.ndarray | None
    factor: np.ndarray | None
    classes: tuple[str, ...] | None  # of a classifier, in the order of their labels
    targets: tuple[str, ...]  # names; one for a classifier, none where the inputs are the target
    rows: Mapping[str, int]  # by part; those of "train" are always known
    task: Task
    codes: tuple[CodeField, ...] = ()
    numbers: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # of a table's columns: the first, how many
    target_scale: Scale | SeriesScale | None = None  # numbers are trained as (t − offset) · factor
    class_counts: tuple[int, ...] | None = None  # rows to train on of each class, or with each label
    forecast: Forecast | None = None  # of windows of time series
    window_scale: Scale | SeriesScale | None = None  # how the columns of these were scaled
    threshold: float | None = None  # of two classes: the probability above which the second is predicted; None: 0.5

    @property
    def target_width(self) -> int:
        """How many numbers the targets of a sample have: of several series, one more, the number of its own."""
        return len(self.targets) + bool(self.forecast and self.forecast.many)

    def known(self, targets: np.ndarray) -> np.ndarray:
        """The targets of samples as they are prepared, in the units of the data; classes as they are."""
        return targets if self.classes else self.own_units(targets[:, : len(self.targets)], targets)

    def decided(self, probabilities: np.ndarray) -> np.ndarray:
        """The index of the predicted class (n,) for probabilities (n, classes): the most probable, or by threshold."""
        if self.threshold is None:
            return probabilities.argmax(axis=1)
        return (probabilities[:, 1] > self.threshold).astype(np.int64)

    def series(self, targets: np.ndarray) -> np.ndarray | None:
        """The number (n,) of each sample's series, from its targets as they are prepared; None for a single series."""
        many = self.forecast is not None and self.forecast.many
        return targets[:, -1].astype(np.int64) if many else None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table that a network gets: those with codes, then those with numbers; arrays have none."""
        if len(self.feature_shape) > 1:
            return ()
        return tuple(dict.fromkeys([*(field.name for field in self.codes), *self.numbers]))

    @property
    def class_shares(self) -> dict[str, float]:
        """Names of classes or labels, each with its share of the rows to train on; empty for other tasks."""
        if self.task not in ("classes", "multilabel"):
            return {}
        names = self.classes or self.targets
        counts = self.class_counts or (0,) * len(names)
        return {name: count / self.rows["train"] for name, count in zip(names, counts, strict=True)}

    def own_units(self, numbers: np.ndarray, targets: np.ndarray | None = None) -> np.ndarray:
        """Predictions (n, k) as a network gives them, or (n, k, quantiles), in the units of the targets themselves.

        `targets` are those of the same samples, as they are prepared: of several series, they have its number.
        """
        if self.target_scale is None:
            return numbers
        series = None if targets is None else self.series(targets)
        undone = self.target_scale.undone(np.moveaxis(numbers, 1, -1), series)
        return np.moveaxis(undone, -1, 1)
