"""The usual time step of a series: detecting it, finding gaps, and continuing times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from dltool.formatting import plural

#: longest distance of rows without a gap, in usual steps; longer for weekdays, because of holidays
LONGEST, LONGEST_ON_WEEKDAYS = 1.5, 3.5
#: how far from a whole number of usual steps a step may be, and what share of them may be further: with more, there is
#: no usual step
NEAR, MOST_UNEVEN = 0.2, 0.2
#: seconds
DAY = 86400


@dataclass(frozen=True)
class Step:
    """The usual step between rows; a training fixes it, so that gaps mean the same in every file."""

    size: float | None  # seconds for dates; None for irregular times
    dates: bool
    weekdays: bool = False  # days without Saturdays and Sundays
    months: int = 0  # whole months, which differ in length; 0 for other steps

    @classmethod
    def stored(cls, fitted: Mapping[str, Any]) -> Step | None:
        """The step that a training has found, if it has."""
        known = {field.name: fitted[field.name] for field in fields(cls) if field.name in fitted}
        return cls(**known) if known else None

    @classmethod
    def usual(cls, times: np.ndarray, same_series: np.ndarray) -> Step:
        """Of times (n,) in order, where those that are `same_series` (n − 1,) the one before are of the same series."""
        dates = times.dtype.kind == "M"
        steps = _numbers(times, same_series)
        steps = steps[steps > 0]
        if not steps.size:
            return cls(None, dates)
        step = cls(float(np.median(steps)), dates)
        if dates and step.size == DAY and np.is_busday(times.astype("datetime64[D]")).all():
            step = replace(step, weekdays=True)
        if dates and (months := _months(times, same_series)):
            step = replace(step, months=months)
        multiples = step.steps(times)[same_series]
        uneven = np.abs(multiples - np.rint(multiples)) > NEAR
        return step if uneven.mean() <= MOST_UNEVEN else cls(None, dates)

    def longer(self, times: np.ndarray, same_series: np.ndarray) -> np.ndarray:
        """Indexes (k,) of times that follow a gap."""
        if self.size is None:
            return np.empty(0, np.int64)
        return (
            np.flatnonzero(same_series & (self.steps(times) > (LONGEST_ON_WEEKDAYS if self.weekdays else LONGEST))) + 1
        )

    def steps(self, times: np.ndarray) -> np.ndarray:
        """How many steps lie between a time and the next (n − 1,)."""
        if self.weekdays:
            days = times.astype("datetime64[D]")
            return np.busday_count(days[:-1], days[1:]).astype(np.float64)
        return _numbers(times) / (self.size or np.inf)

    def after(self, times: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """The times (n,) that lie `counts` (n,) steps after the given ones (n,); NaT or NaN for irregular steps."""
        if self.size is None:
            return np.full(len(times), np.datetime64("NaT") if self.dates else np.nan)
        if not self.dates:
            return times + counts * (self.size if times.dtype.kind == "f" or self.size % 1 else int(self.size))
        if self.weekdays:
            days = times.astype("datetime64[D]")
            return np.busday_offset(days, counts, roll="backward") + (times - days)
        if self.months:
            return _months_later(times, counts * self.months)
        return times + counts * np.timedelta64(round(self.size * 1e6), "us")

    @property
    def season(self) -> int:
        """How many steps a day, a week or a year takes, whichever is usual for such steps; 1 where none is."""
        if not self.dates or self.size is None:
            return 1
        if self.months:
            return max(1, 12 // self.months)
        if self.weekdays or self.size == DAY:
            return 5 if self.weekdays else 7
        if self.size == 7 * DAY:
            return 52
        return round(DAY / self.size) if self.size < DAY and DAY % self.size == 0 else 1

    def __str__(self) -> str:
        if self.size is None or not self.dates:
            return f"{self.size:g}"
        if self.months:
            return plural(self.months, "month")
        if self.weekdays:
            return "1 weekday"
        units = (("day", DAY), ("hour", 3600), ("minute", 60), ("second", 1))
        unit, seconds = next((each for each in units if self.size >= each[1]), units[-1])
        count = self.size / seconds
        return f"{count:.4g} {unit}{'' if count == 1 else 's'}"


def _numbers(times: np.ndarray, where: np.ndarray | slice = slice(None)) -> np.ndarray:
    """Differences between times that follow each other, dates in seconds."""
    if times.dtype.kind == "M":
        return np.diff(times)[where] / np.timedelta64(1, "s")
    return np.diff(times.astype(np.int64) if times.dtype.kind == "u" else times)[where].astype(np.float64)


def _months(times: np.ndarray, same_series: np.ndarray) -> int:
    """How many months lie between times that are all of the same day of a month, or its last; 0 for other times."""
    days, months = times.astype("datetime64[D]"), times.astype("datetime64[M]")
    of_month = (days - months.astype("datetime64[D]")).astype(np.int64)
    last = (days + 1).astype("datetime64[M]") != months
    if not (last.all() or (of_month == of_month[0]).all()) or np.unique(times - days).size > 1:
        return 0
    apart = np.diff(months).astype(np.int64)[same_series]
    return int(np.median(apart[apart > 0])) if (apart > 0).any() else 0


def _months_later(times: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The same day of later months; the last day stays the last, and a 31st becomes the last where there is none."""
    days, months = times.astype("datetime64[D]"), times.astype("datetime64[M]")
    later = months + counts
    lengths = ((later + 1).astype("datetime64[D]") - later.astype("datetime64[D]")).astype(np.int64)
    of_month = (days - months.astype("datetime64[D]")).astype(np.int64)
    last = (days + 1).astype("datetime64[M]") != months
    place = np.where(last, lengths - 1, np.minimum(of_month, lengths - 1))
    return later.astype("datetime64[D]") + place.astype("timedelta64[D]") + (times - days)
