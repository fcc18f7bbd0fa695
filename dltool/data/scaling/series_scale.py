"""Scaling each time series by itself, and fitting scalings to the rows of series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dltool.data.files.quoting import shown
from dltool.data.scaling.moments import Moments
from dltool.data.scaling.scaling import Scale, Scaling
from dltool.errors import InputError, Problem
from dltool.formatting import first_few

#: names of series that a message lists
LISTED = 5


@dataclass(frozen=True)
class SeriesScale:
    """Offset and factor in float64, (S, C): for each series, one for each position on the last axis."""

    offset: np.ndarray
    factor: np.ndarray
    names: tuple[str, ...]  # of the series

    def of(self, series: np.ndarray, axes: int) -> Scale:
        """The scale of samples (n, …) with this number of axes, whose series are numbered (n,)."""
        shape = (len(series), *(1,) * (axes - 2), self.offset.shape[1])
        return Scale(self.offset[series].reshape(shape), self.factor[series].reshape(shape))

    def applied(self, values: np.ndarray, series: np.ndarray) -> np.ndarray:
        """Values (n, …, C) scaled in float64, rounded to float32; series without a scale become NaN."""
        scale = self.of(series, values.ndim)
        with np.errstate(over="ignore", invalid="ignore"):
            return ((values - scale.offset) * scale.factor).astype(np.float32)

    def undone(self, scaled: np.ndarray, series: np.ndarray | None = None) -> np.ndarray:
        """The inverse of `applied`, in float64; without numbers, all are of the first series."""
        series = np.zeros(len(scaled), np.int64) if series is None else series
        scale = self.of(series, scaled.ndim)
        return scaled.astype(np.float64) / scale.factor + scale.offset

    def repeated(self, times: int) -> SeriesScale:
        """For as many copies of the columns, one after the other."""
        return SeriesScale(np.tile(self.offset, (1, times)), np.tile(self.factor, (1, times)), self.names)

    def unknown(self, series: np.ndarray) -> np.ndarray:
        """Which samples (k,) are of a series without a scale; `series` numbers each (n,), −1 for one not trained on."""
        fitted = np.append(np.isfinite(self.factor).all(axis=1), False)
        return np.flatnonzero(~fitted[series])

    def refusal(self, where: str) -> InputError:
        """The error for a series that has no scale."""
        known = [name for name, factor in zip(self.names, self.factor, strict=True) if np.isfinite(factor).all()]
        listed = first_few([*map(shown, known)], LISTED)
        message = f"the series of this row was not trained on, and scaling: per_series knows only {listed}"
        return InputError(Problem(message, where))

    def as_json(self) -> dict[str, Any]:
        """Plain data that JSON keeps exactly; null for a series without a scale."""
        rows = [[None if np.isnan(x) else x for x in row] for row in self.offset.tolist()]
        factors = [[None if np.isnan(x) else x for x in row] for row in self.factor.tolist()]
        return {"offset": rows, "factor": factors, "series": list(self.names)}


def stored_scale(data: Mapping[str, Any]) -> Scale | SeriesScale:
    """The scale from the result of `as_json`."""
    if "series" not in data:
        return Scale.from_json(data)
    offset, factor = (np.array(data[name], np.float64) for name in ("offset", "factor"))
    return SeriesScale(offset, factor, tuple(data["series"]))


def fit_columns(scaling: Scaling, values: np.ndarray) -> Scale:
    """The scale of values (rows, C), column by column; NaN are left out, and columns without a number get NaN."""
    scales = [_fit_column(scaling, column[np.isfinite(column)]) for column in values.T]
    return Scale(*(np.array(numbers, np.float64) for numbers in zip(*scales, strict=True)))


def fit_each(scaling: Scaling, values: np.ndarray, rows: Sequence[np.ndarray], names: tuple[str, ...]) -> SeriesScale:
    """The scale of each series, fitted to its own `rows` of the values (rows, C)."""
    scales = [fit_columns(scaling, values[of_series]) for of_series in rows]
    return SeriesScale(np.stack([one.offset for one in scales]), np.stack([one.factor for one in scales]), names)


def _fit_column(scaling: Scaling, column: np.ndarray) -> tuple[float, float]:
    if not len(column):
        return np.nan, np.nan
    moments = Moments(columns=True)
    moments.update(column[:, None])
    scale = scaling.scale(moments)
    return (float(np.max(scale.offset)), float(np.max(scale.factor))) if scale else (0.0, 1.0)
