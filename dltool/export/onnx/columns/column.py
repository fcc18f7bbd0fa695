"""The contract of columns: the cells of one column as an input, and the nodes that make numbers or codes of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import numpy as np

from dltool.data.features.feature import Encoder
from dltool.export.onnx.model import Model

OneEncoder = TypeVar("OneEncoder", bound=Encoder)


@dataclass(frozen=True)
class Encoded:
    """Numbers (N, k) float32 and codes (N, m) int32, as far as there are any."""

    numbers: str | None = None
    codes: str | None = None


@dataclass(frozen=True)
class Column(ABC, Generic[OneEncoder]):
    """One column, encoded as its encoder does, but in ONNX. `missing` are the words that stand for a missing value."""

    dtype: ClassVar[str]  # of the input
    meaning: ClassVar[str]  # of a cell, for a person
    shape: ClassVar[tuple[int | str, ...]] = ("N",)

    encoder: OneEncoder
    missing: Collection[str] = ()

    @property
    def refusal(self) -> str | None:
        """Why ONNX cannot say this encoding; None where it can."""
        return None

    @property
    def differences(self) -> list[str]:
        """Cells that dltool takes, and this model not."""
        return []

    @abstractmethod
    def encoded(self, model: Model, cells: str) -> Encoded:
        """Add the nodes."""

    @abstractmethod
    def examples(self, generator: np.random.Generator, rows: int) -> np.ndarray:
        """Cells (rows,) as dltool reads them, masked where missing, of all kinds that can occur."""

    @abstractmethod
    def given(self, cells: np.ndarray) -> np.ndarray:
        """The same cells as the model takes them."""


def some_missing(cells: np.ndarray, there: bool) -> np.ndarray:
    """Cells of which the first is missing, if there can be missing ones."""
    return np.ma.array(cells, mask=(np.arange(len(cells)) == 0) & there)
