"""The signature of prepared data, which a network is built for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from dltool.config.experiment import Task
from dltool.data.scaling.scaling import Scale


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
    targets: tuple[str, ...]  # names; one for a classifier
    rows: Mapping[str, int]  # by part; those of "train" are always known
    task: Task
    codes: tuple[CodeField, ...] = ()
    numbers: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # of a table's columns: the first, how many
    target_scale: Scale | None = None  # numbers are trained as (t − offset) · factor
    class_counts: tuple[int, ...] | None = None  # rows to train on of each class, or with each label

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table that a network gets: those with codes, then those with numbers."""
        return tuple(dict.fromkeys([*(field.name for field in self.codes), *self.numbers]))

    @property
    def class_shares(self) -> dict[str, float]:
        """Names of classes or labels, each with its share of the rows to train on; empty for numbers and tokens."""
        if self.task in ("numbers", "tokens"):
            return {}
        names = self.classes or self.targets
        counts = self.class_counts or (0,) * len(names)
        return {name: count / self.rows["train"] for name, count in zip(names, counts, strict=True)}

    def own_units(self, numbers: np.ndarray) -> np.ndarray:
        """Predictions or targets (n, k) as a network is trained on them, in the units of the targets themselves."""
        return numbers if self.target_scale is None else self.target_scale.undone(numbers)
