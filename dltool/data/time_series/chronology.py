"""Ordering rows by time: grouped into series, sorted, with gaps and repeated times found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dltool.data.files.quoting import plural
from dltool.data.tables.key_columns import Place, moment
from dltool.errors import InputError, Problem

Gaps = Literal["split", "keep", "fill", "refuse"]
Repeats = Literal["refuse", "first", "last", "keep"]

#: longest distance of rows without a gap, in usual steps; longer for weekdays, because of holidays
LONGEST, LONGEST_ON_WEEKDAYS = 1.5, 3.5
#: how far from a whole number of usual steps a step may be, and what share of them may be further: with more, there is
#: no usual step
NEAR, MOST_UNEVEN = 0.2, 0.2


@dataclass(frozen=True)
class Step:
    """The usual step between rows; a training fixes it, so that gaps mean the same in every file."""

    size: float | None  # seconds for dates; None for irregular times
    dates: bool
    weekdays: bool = False  # days without Saturdays and Sundays

    @classmethod
    def usual(cls, times: np.ndarray, same_series: np.ndarray) -> Step:
        """Of times (n,) in order, where those that are `same_series` (n − 1,) the one before are of the same series."""
        dates = times.dtype.kind == "M"
        steps = _numbers(times, same_series)
        steps = steps[steps > 0]
        if not steps.size:
            return cls(None, dates)
        step = cls(float(np.median(steps)), dates)
        if dates and step.size == 86400 and np.is_busday(times.astype("datetime64[D]")).all():
            step = replace(step, weekdays=True)
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

    def __str__(self) -> str:
        if self.size is None or not self.dates:
            return f"{self.size:g}"
        if self.weekdays:
            return "1 weekday"
        units = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
        unit, seconds = next((each for each in units if self.size >= each[1]), units[-1])
        count = self.size / seconds
        return f"{count:.4g} {unit}{'' if count == 1 else 's'}"


@dataclass(frozen=True)
class Chronology:
    """Rows of a file, series by series."""

    rows: np.ndarray  # (n,) in the order of time; one that fills a gap is the row before it, again
    filled: np.ndarray  # (n,) booleans, where it does
    series: np.ndarray  # (n,) numbers of series, which rise
    segments: np.ndarray  # (m + 1,) bounds of rows that follow each other without a gap
    notes: tuple[str, ...] = ()
    step: Step | None = None


@dataclass(frozen=True)
class Ordering:
    """How rows become a chronology; `times` are in `column`, and put them in order where the config says so."""

    place: Place
    series: np.ndarray  # (rows,) number of each row's series
    column: str = ""
    times: np.ndarray | None = None
    stated: bool = True
    gaps: Gaps = "split"
    repeats: Repeats = "refuse"
    step: Step | None = None  # of the training

    def chronology(self) -> Chronology:
        """Raises InputError for what the rules refuse."""
        if self.times is None:
            return self._without_times()
        order = np.lexsort((self.times, self.series) if self.stated else (self.series,))
        notes = [] if self.stated else list(self._disorder(order))
        if self.stated:
            order, notes = self._once(order)
        times, series = self.times[order], self.series[order]
        same_series = series[1:] == series[:-1]
        step = self.step or Step.usual(times, same_series)
        if step.dates != (times.dtype.kind == "M"):
            found, trained = ("dates", "numbers")[step.dates], ("numbers", "dates")[step.dates]
            raise InputError(Problem(f"column '{self.column}' holds {trained}, in the training {found}"))
        gaps = step.longer(times, same_series)
        lacking = np.rint(step.steps(times)[gaps - 1]).astype(np.int64) - 1
        notes += self._gap_notes(order, times, gaps, int(lacking.sum()), step)
        bounds = np.concatenate([[0], np.flatnonzero(~same_series) + 1, [len(order)]])
        if not self.stated or self.gaps == "keep":
            return Chronology(order, np.zeros(len(order), bool), series, bounds, tuple(notes), step)
        if self.gaps == "fill":
            return self._filled(order, gaps, lacking, tuple(notes), step)
        bounds = np.union1d(bounds, gaps)
        return Chronology(order, np.zeros(len(order), bool), series, bounds, tuple(notes), step)

    def _without_times(self) -> Chronology:
        order = np.argsort(self.series, kind="stable")
        series = self.series[order]
        bounds = np.concatenate([[0], np.flatnonzero(series[1:] != series[:-1]) + 1, [len(order)]])
        return Chronology(order, np.zeros(len(order), bool), series, bounds)

    def _once(self, order: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """The rows in order, each time of a series once, as the rule has it."""
        assert self.times is not None
        times, series = self.times[order], self.series[order]
        again = np.concatenate([[False], (times[1:] == times[:-1]) & (series[1:] == series[:-1])])
        if not again.any():
            return order, []
        first = int(order[again].min())
        what = f"{moment(self.times[first])} in '{self.column}' is repeated"
        others = int(again.sum()) - 1
        more = f", and {plural(others, 'more row')} like it" if others else ""
        if self.repeats == "refuse":
            advice = "name the column that identifies the series (group), or which row to keep (repeats: first or last)"
            raise InputError(Problem(f"{what}{more}; {advice}", self.place(first)))
        left_out = {"first": again, "last": np.append(again[1:], False), "keep": np.zeros_like(again)}[self.repeats]
        return order[~left_out], [f"{self.place(first)}: {what}{more} (repeats: {self.repeats})"]

    def _disorder(self, order: np.ndarray) -> Iterator[str]:
        """What speaks against taking rows in the order of the file."""
        assert self.times is not None
        times, series = self.times[order], self.series[order]
        same = series[1:] == series[:-1]
        for what, where in (("decreases", times[1:] < times[:-1]), ("repeats", times[1:] == times[:-1])):
            found = order[1:][same & where]
            if found.size:
                more = f" and in {plural(found.size - 1, 'more row')}" if found.size > 1 else ""
                hint = "order rows by it: time: " + self.column if what == "decreases" else "is the group missing?"
                yield f"{self.place(int(found.min()))}: column '{self.column}' {what} there{more}; {hint}"
                return

    def _gap_notes(
        self, order: np.ndarray, times: np.ndarray, gaps: np.ndarray, lacking: int, step: Step
    ) -> Iterator[str]:
        """A note on gaps; raises InputError where there may be none."""
        if step.size is None and len(times) > 2 and self.stated:
            yield f"times in '{self.column}' are irregular, so gaps cannot be detected"
        if not gaps.size:
            return
        first = int(gaps[order[gaps].argmin()])
        where, ends = self.place(int(order[first])), f"{moment(times[first - 1])} to {moment(times[first])}"
        what = f"{plural(gaps.size, 'gap')} in '{self.column}', where {lacking} steps of {step} are missing"
        what += f", the first from {ends}" if gaps.size > 1 else f", from {ends}"
        if not self.stated:
            yield f"{where}: {what}: windows cross gaps; time: {self.column} avoids that"
        elif self.gaps == "refuse":
            raise InputError(Problem(f"{what} (gaps: refuse)", where))
        else:
            then = {
                "split": "no window crosses them",
                "keep": "windows cross them",
                "fill": "the row before fills them",
            }
            yield f"{where}: {what}: {then[self.gaps]} (gaps: {self.gaps})"

    def _filled(
        self, order: np.ndarray, gaps: np.ndarray, lacking: np.ndarray, notes: tuple[str, ...], step: Step
    ) -> Chronology:
        """With the row before a gap as often as steps are missing."""
        times = np.ones(len(order), np.int64)
        times[gaps - 1] += lacking
        rows = np.repeat(order, times)
        filled = np.ones(len(rows), bool)
        filled[np.cumsum(times) - times] = False
        series = self.series[rows]
        bounds = np.concatenate([[0], np.flatnonzero(series[1:] != series[:-1]) + 1, [len(rows)]])
        return Chronology(rows, filled, series, bounds, notes, step)


def _numbers(times: np.ndarray, where: np.ndarray | slice = slice(None)) -> np.ndarray:
    """Differences between times that follow each other, dates in seconds."""
    if times.dtype.kind == "M":
        return np.diff(times)[where] / np.timedelta64(1, "s")
    return np.diff(times.astype(np.int64) if times.dtype.kind == "u" else times)[where].astype(np.float64)
