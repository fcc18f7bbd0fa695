"""Scaling features: x → (x − offset) · factor, with numbers fitted on the training part only.

Floats are scaled once, when they are loaded. Bytes stay bytes in memory, and are scaled as a batch is gathered.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, PositiveFloat

from dltool.config.description import Description
from dltool.data.scaling.moments import BLOCK, Moments
from dltool.registry import register

#: largest rounding error of float32 relative to the standard deviation
MOST_ROUNDED = 0.01
#: smaller deviations count as zero: their reciprocals are too large
LEAST_DEVIATION = 1e-150


@dataclass(frozen=True)
class Scale:
    """Offset and factor in float64: () for all features, or one for each position on the last axis."""

    offset: np.ndarray
    factor: np.ndarray

    def applied(self, features: np.ndarray, series: np.ndarray | None = None) -> np.ndarray:
        """The features (n, …) scaled in float64, rounded to float32; alike for all `series`."""
        scaled = np.empty(features.shape, dtype=np.float32)
        step = max(1, BLOCK // max(1, features[0].size)) if len(features) else 1
        with np.errstate(over="ignore"):
            for start in range(0, len(features), step):
                block = features[start : start + step].astype(np.float64)
                block -= self.offset
                block *= self.factor
                scaled[start : start + step] = block
        return scaled

    def undone(self, scaled: np.ndarray, series: np.ndarray | None = None) -> np.ndarray:
        """The inverse of `applied`, in float64."""
        return scaled.astype(np.float64) / self.factor + self.offset

    def as_json(self) -> dict[str, Any]:
        """Plain data that JSON keeps exactly."""
        return {"offset": self.offset.tolist(), "factor": self.factor.tolist()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scale:
        """The object from the result of `as_json`."""
        return cls(np.array(data["offset"]), np.array(data["factor"]))


def rounded_away(moments: Moments, scale: Scale | None) -> np.ndarray:
    """Where numbers of such moments, scaled, differ too little for float32: 1.7e9 ± 4 is one number there."""
    offset = scale.offset if scale else 0.0
    largest = np.maximum(np.abs(moments.low - offset), np.abs(moments.high - offset))
    return ~moments.constant & (largest * (np.finfo(np.float32).eps / 2) > MOST_ROUNDED * moments.deviation)


class Scaling(Description):
    """A scaling of features."""

    fitted: ClassVar[bool] = True  #: depends on the features of the training part
    by_series: ClassVar[bool] = False  #: each time series has its own

    @abstractmethod
    def scale(self, moments: Moments) -> Scale | None:
        """The numbers for features of such moments; None where nothing changes."""


@register("scaling", "none")
class NoScaling(Scaling):
    """Leaves features as they are."""

    fitted: ClassVar[bool] = False

    def scale(self, moments: Moments) -> Scale | None:
        """Nothing."""
        return None


@register("scaling", "divide", main="by")
class Divide(Scaling):
    """Divides every feature by one number, such as the largest that can occur."""

    fitted: ClassVar[bool] = False

    by: PositiveFloat = Field(description="what every feature is divided by")

    def scale(self, moments: Moments) -> Scale | None:
        """The same whatever the features."""
        return Scale(np.zeros(()), np.array(1 / self.by))


@register("scaling", "standard")
class Standard(Scaling):
    """Scales features to mean 0 and standard deviation 1, each feature or image channel by itself."""

    def scale(self, moments: Moments) -> Scale | None:
        """Mean, and one over the standard deviation (1 for what is constant)."""
        return Scale(moments.mean, _reciprocal(moments.deviation, moments))


@register("scaling", "per_series")
class PerSeries(Standard):
    """Scales each time series by itself, to mean 0 and standard deviation 1 in its training rows."""

    by_series: ClassVar[bool] = True


@register("scaling", "minmax")
class MinMax(Scaling):
    """Scales features to [0, 1] by minimum and maximum, each feature or image channel by itself."""

    def scale(self, moments: Moments) -> Scale | None:
        """Smallest value, and one over the range (1 for what is constant)."""
        return Scale(moments.low, _reciprocal(moments.high - moments.low, moments))


@register("scaling", "quantile", main="quantiles")
class Quantile(Scaling):
    """Transforms each numeric column of a table to a normal distribution: for skewed numbers with outliers."""

    quantiles: Annotated[int, Field(ge=2, le=10_000)] = Field(default=1000, description="number of quantiles")

    def scale(self, moments: Moments) -> Scale | None:
        """Nothing by itself: the quantiles do it."""
        return None


def _reciprocal(size: np.ndarray, moments: Moments) -> np.ndarray:
    return 1 / np.where(moments.constant | (size < LEAST_DEVIATION), 1.0, size)


def suitable(dtype: str, *, deep: bool) -> tuple[Scaling, list[str]]:
    """The default scaling of arrays, or of `deep` images, with a note on it."""
    if deep:
        return Standard(), ["images of more than 8 bits get mean 0 and deviation 1 (data.scaling: standard)"]
    if dtype == "uint8":
        return Divide(by=255.0), ["features are bytes, divided by 255 (data.scaling: {divide: 255})"]
    return NoScaling(), []
