"""Scaling features: x → (x − offset) · factor, with numbers fitted on the training part only.

Floats are scaled once, when they are loaded. Bytes stay bytes in memory, and are scaled as a batch is gathered.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydantic import Field, PositiveFloat

from dltool.config.description import Description
from dltool.registry import register

#: numbers that are worked on at a time in float64
BLOCK = 1 << 20


@dataclass(frozen=True)
class Scale:
    """The numbers of a scaling, float64: () for all features alike, or (features,) for samples with one axis."""

    offset: np.ndarray
    factor: np.ndarray

    def applied(self, features: np.ndarray) -> np.ndarray:
        """The features (n, …) scaled in float64, rounded to float32."""
        scaled = np.empty(features.shape, dtype=np.float32)
        start = 0
        with np.errstate(over="ignore"):
            for block in _blocks(features):
                block -= self.offset
                block *= self.factor
                scaled[start : start + len(block)] = block
                start += len(block)
        return scaled


class Scaling(Description):
    """How features become numbers of a size that trains well."""

    @abstractmethod
    def fit(self, features: np.ndarray) -> Scale | None:
        """The numbers for the features (n, …) of a training part; None where nothing changes."""


@register("scaling", "none")
class NoScaling(Scaling):
    """Leaves features as they are."""

    def fit(self, features: np.ndarray) -> Scale | None:
        """Nothing."""
        return None


@register("scaling", "divide", main="by")
class Divide(Scaling):
    """Divides every feature by one number, such as the largest that can occur."""

    by: PositiveFloat = Field(description="what every feature is divided by")

    def fit(self, features: np.ndarray) -> Scale | None:
        """The same whatever the features."""
        return Scale(np.zeros(()), np.array(1 / self.by))


@register("scaling", "standard")
class Standard(Scaling):
    """Gives features mean 0 and standard deviation 1: each its own, or all values of an image together."""

    def fit(self, features: np.ndarray) -> Scale | None:
        """Mean, and one over the standard deviation (1 for what is constant)."""
        low, high, mean = _range_and_mean(features)
        squares = sum(np.square(block - mean).sum(axis=_axes(features)) for block in _blocks(features))
        deviation = np.sqrt(squares / (features.size / mean.size))
        return Scale(mean, 1 / np.where(high > low, deviation, 1.0))


@register("scaling", "minmax")
class MinMax(Scaling):
    """Moves features into [0, 1]: each by its own smallest and largest value, or all values of an image together."""

    def fit(self, features: np.ndarray) -> Scale | None:
        """Smallest value, and one over the range (1 for what is constant)."""
        low, high, _ = _range_and_mean(features)
        return Scale(low, 1 / np.where(high > low, high - low, 1.0))


def suitable(dtype: str, *, mixed_units: bool) -> tuple[Scaling, list[str]]:
    """The scaling of a config that names none, with a note on it."""
    if dtype == "uint8":
        return Divide(by=255.0), ["features are bytes, divided by 255 (data.scaling: {divide: 255})"]
    if mixed_units:
        return Standard(), ["features are standardised on the training part (data.scaling: standard)"]
    return NoScaling(), []


def _axes(features: np.ndarray) -> int | None:
    return 0 if features.ndim == 2 else None


def _blocks(features: np.ndarray) -> Iterator[np.ndarray]:
    """Consecutive rows, as new float64 arrays of moderate size."""
    step = max(1, BLOCK // max(1, features[0].size))
    for start in range(0, len(features), step):
        yield features[start : start + step].astype(np.float64)


def _range_and_mean(features: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    axes = _axes(features)
    low = np.asarray(features.min(axis=axes), dtype=np.float64)
    high = np.asarray(features.max(axis=axes), dtype=np.float64)
    total = sum(block.sum(axis=axes) for block in _blocks(features))
    return low, high, np.asarray(total / (features.size / low.size))
