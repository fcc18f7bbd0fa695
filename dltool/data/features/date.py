"""Dates and times as numbers: the time itself, and the position within year, month, week, day and hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dltool.data.features.feature import Encoder, Feature, Fitting
from dltool.data.features.missing import missing
from dltool.data.scaling.moments import Moments
from dltool.registry import register

DAY = 86_400
#: cycles, and the number of steps in each
CYCLES: Mapping[str, int] = {"month": 12, "day": 31, "weekday": 7, "hour": 24, "minute": 60}


@dataclass(frozen=True)
class DateEncoder(Encoder):
    """The time as a scaled number, and a sine and a cosine for each cycle that varies in the training part."""

    kind: ClassVar[str] = "date"
    reads: ClassVar[str] = "TIMESTAMP"

    mean: float  # days since 1970
    deviation: float  # days
    cycles: tuple[str, ...]
    indicator: bool  # a second number marks missing cells

    @property
    def names(self) -> tuple[str, ...]:
        waves = [f"{self.column} {cycle} {wave}" for cycle in self.cycles for wave in ("sine", "cosine")]
        return (f"{self.column} time", *waves, *([f"{self.column} missing"] if self.indicator else []))

    def write_numbers(self, cells: np.ndarray, numbers: np.ndarray) -> None:
        numbers[:, 0] = (_days(cells) - self.mean) / self.deviation
        for i, cycle in enumerate(self.cycles):
            angle = 2 * np.pi * _within(cells, cycle) / CYCLES[cycle]
            numbers[:, 1 + 2 * i], numbers[:, 2 + 2 * i] = np.sin(angle), np.cos(angle)
        without = missing(cells)
        numbers[without] = 0.0
        if self.indicator:
            numbers[:, -1] = without

    def imputed(self, cells: np.ndarray) -> int:
        return 0 if self.indicator else int(missing(cells).sum())

    def cells(self, numbers: np.ndarray, codes: np.ndarray) -> np.ndarray:
        seconds = (numbers[:, 0].astype(np.float64) * self.deviation + self.mean) * DAY
        times = np.rint(seconds).astype("datetime64[s]")
        return np.ma.array(times, mask=numbers[:, -1] > 0.5 if self.indicator else False)


class _Fitting(Fitting):
    def __init__(self, column: str):
        self._column, self._moments, self._missing = column, Moments(), False
        self._ranges = dict.fromkeys(CYCLES, (np.inf, -np.inf))

    def update(self, cells: np.ndarray) -> None:
        without = missing(cells)
        self._missing |= bool(without.any())
        cells = cells[~without]
        if len(cells):
            self._moments.update(_days(cells)[:, None])
        for cycle, (low, high) in self._ranges.items():
            steps = _within(cells, cycle)
            self._ranges[cycle] = min(low, steps.min(initial=np.inf)), max(high, steps.max(initial=-np.inf))

    def result(self) -> Encoder:
        cycles = tuple(cycle for cycle, (low, high) in self._ranges.items() if low < high)
        moments = self._moments
        mean, deviation = float(np.sum(moments.mean)), float(np.sum(moments.deviation))
        return DateEncoder(self._column, mean, deviation or 1.0, cycles, self._missing)


@register("feature", "date")
class Date(Feature):
    """A column of dates, times, or both."""

    encoder: ClassVar[type[Encoder]] = DateEncoder

    def start(self, column: str) -> Fitting:
        return _Fitting(column)


def _days(cells: np.ndarray) -> np.ndarray:
    return _seconds(cells) / DAY


def _seconds(cells: np.ndarray) -> np.ndarray:
    return np.ma.getdata(cells).astype("datetime64[us]").astype(np.int64) / 1e6


def _within(cells: np.ndarray, cycle: str) -> np.ndarray:
    """Steps since the cycle began, (rows,) float64."""
    times = np.ma.getdata(cells).astype("datetime64[us]")
    if cycle == "month":
        return (times.astype("datetime64[M]").astype(np.int64) % 12).astype(np.float64)
    if cycle == "day":
        return (times.astype("datetime64[D]") - times.astype("datetime64[M]")).astype(np.float64)
    days = np.floor(_days(cells))
    if cycle == "weekday":
        return (days + 3) % 7  # 1970 began on a Thursday; weeks begin on Monday
    within = _seconds(cells) - days * DAY
    return np.floor(within / 3600) if cycle == "hour" else np.floor(within % 3600 / 60)
