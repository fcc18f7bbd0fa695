"""What forecasts of time series predict, and how far the simplest of them is off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dltool.data.readers.history import History


@dataclass(frozen=True)
class Forecast:
    """The targets of windows: all `columns` of the first step, then all of the next."""

    columns: tuple[str, ...]
    steps: int
    season: int  # rows after which a series repeats itself, about
    series: tuple[str, ...]  # names; one without a name where there is no group
    naive_errors: np.ndarray  # (series, columns) mean of |y(t) − y(t − season)| in the training rows, NaN without any

    @classmethod
    def of(cls, history: History, windows: slice | np.ndarray) -> Forecast:
        """The forecast whose training part are some windows."""
        return cls(history.columns, history.steps, history.season, history.names, history.naive_errors(windows))

    @property
    def many(self) -> bool:
        """Whether there are several series, so that each sample needs the number of its own."""
        return len(self.series) > 1

    def naive_error(self, series: np.ndarray | None, rows: int) -> np.ndarray:
        """The naive error of each target (rows, steps · columns), NaN for series that never change.

        Series without training rows, and those not trained on (−1), get the mean of all others.
        """
        known = np.isfinite(self.naive_errors)
        counts = known.sum(axis=0)
        mean = np.where(known, self.naive_errors, 0).sum(axis=0) / np.where(counts > 0, counts, np.nan)
        errors = np.vstack([np.where(known, self.naive_errors, mean), mean])
        errors[errors == 0] = np.nan
        return np.tile(errors[np.zeros(rows, np.int64) if series is None else series], (1, self.steps))

    def as_json(self) -> dict[str, Any]:
        """Plain data that JSON keeps exactly."""
        errors = [[None if np.isnan(x) else x for x in row] for row in self.naive_errors.tolist()]
        return {
            "columns": list(self.columns),
            "steps": self.steps,
            "season": self.season,
            "series": list(self.series),
            "naive_errors": errors,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Forecast:
        """The object from the result of `as_json`."""
        errors = np.array(data["naive_errors"], np.float64).reshape(len(data["series"]), len(data["columns"]))
        return cls(tuple(data["columns"]), data["steps"], data["season"], tuple(data["series"]), errors)
