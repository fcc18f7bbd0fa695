"""Booleans as numbers: 1 or 0, and 0.5 for missing values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dltool.data.features.feature import Encoder, Feature, Fitting
from dltool.data.features.missing import filled, missing
from dltool.registry import register


@dataclass(frozen=True)
class BooleanEncoder(Encoder):
    """True → 1, false → 0, missing → 0.5."""

    kind: ClassVar[str] = "boolean"
    reads: ClassVar[str] = "BOOLEAN"

    indicator: bool  # a second number marks missing cells

    @property
    def names(self) -> tuple[str, ...]:
        return (self.column, f"{self.column} missing") if self.indicator else (self.column,)

    def write_numbers(self, cells: np.ndarray, numbers: np.ndarray) -> None:
        numbers[:, 0] = filled(cells, 0.5)
        if self.indicator:
            numbers[:, 1] = missing(cells)

    def imputed(self, cells: np.ndarray) -> int:
        return 0 if self.indicator else int(missing(cells).sum())

    def cells(self, numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
        return np.ma.array(numbers[:, 0] > 0.5, mask=numbers[:, 1] > 0.5 if self.indicator else False)


class _Fitting(Fitting):
    def __init__(self, column: str):
        self._column, self._missing = column, False

    def update(self, cells: np.ndarray) -> None:
        self._missing |= bool(missing(cells).any())

    def result(self) -> Encoder:
        return BooleanEncoder(self._column, self._missing)


@register("feature", "boolean")
class Boolean(Feature):
    """A column of booleans."""

    encoder: ClassVar[type[Encoder]] = BooleanEncoder

    def start(self, column: str) -> Fitting:
        return _Fitting(column)
