"""The rows that windows of time series are cut from, to fit scalings and baselines to each row once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class History:
    """Rows of a table, series by series in the order of time, and the windows that are cut from them."""

    features: np.ndarray  # (rows, C) what windows show, NaN where there is none
    plain: np.ndarray  # (C,) booleans: columns that need no scaling, such as the hour of the day
    targets: np.ndarray  # (rows, K) the columns to predict, likewise
    columns: tuple[str, ...]  # names of the columns to predict
    series: np.ndarray  # (rows,) number of each row's series, among `names`; −1 where a training did not have it
    names: tuple[str, ...]  # of the series, as a training has them; one without a name where there is no group
    starts: np.ndarray  # (n,) first row of each window
    span: int  # rows of a window with its horizon
    steps: int  # how many steps are predicted; 1 also for a single one further ahead
    season: int  # rows after which a series repeats itself, about

    def rows(self, windows: slice | np.ndarray) -> np.ndarray:
        """Which rows (rows,) are in some windows, their horizon included."""
        starts = self.starts[windows]
        changes = np.bincount(starts, minlength=len(self.series) + 1)
        changes = changes - np.bincount(starts + self.span, minlength=len(self.series) + 1)
        return np.cumsum(changes)[:-1] > 0

    def series_of(self, windows: slice | np.ndarray) -> Iterator[np.ndarray]:
        """For each of the `names`, the numbers (m,) of its rows that are in some windows."""
        inside = np.flatnonzero(self.rows(windows))
        for number in range(len(self.names)):
            yield inside[self.series[inside] == number]

    def naive_errors(self, windows: slice | np.ndarray) -> np.ndarray:
        """For each series and column (S, K) the mean of |y(t) − y(t − season)| over rows in some windows.

        NaN where a series has none, the season of 1 where it is not longer than a season.
        """
        return np.array([self._naive_error(rows) for rows in self.series_of(windows)])

    def _naive_error(self, rows: np.ndarray) -> np.ndarray:
        season = self.season if len(rows) > self.season else 1
        if len(rows) <= season:
            return np.full(len(self.columns), np.nan)
        errors = np.abs(self.targets[rows[season:]] - self.targets[rows[:-season]])
        known = np.isfinite(errors)
        return np.where(known, errors, 0).sum(axis=0) / np.where(known.any(axis=0), known.sum(axis=0), np.nan)
