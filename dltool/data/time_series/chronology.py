"""Ordering rows by time: grouped into series, sorted, with gaps and repeated times found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dltool.data.tables.key_columns import Place, moment
from dltool.data.time_series.step import Step
from dltool.errors import InputError, Problem
from dltool.formatting import plural

Gaps = Literal["split", "keep", "fill", "refuse"]
Repeats = Literal["refuse", "first", "last", "keep"]


@dataclass(frozen=True)
class Chronology:
    """Rows of a file, series by series."""

    rows: np.ndarray  # (n,) in the order of time; one that fills a gap is the row before it, again
    filled: np.ndarray  # (n,) booleans, where it does
    series: np.ndarray  # (n,) numbers of series, which rise
    segments: np.ndarray  # (m + 1,) bounds of rows that follow each other without a gap
    notes: tuple[str, ...] = ()
    step: Step | None = None
    times: np.ndarray | None = None  # (n,) where a column of times puts them in order


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

    @property
    def grouped(self) -> bool:
        """Whether there are several series."""
        return bool(self.series.any())

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
        if not self.stated:
            return Chronology(order, np.zeros(len(order), bool), series, bounds, tuple(notes), step)
        if self.gaps == "keep":
            return Chronology(order, np.zeros(len(order), bool), series, bounds, tuple(notes), step, times)
        if self.gaps == "fill":
            return self._filled(order, gaps, lacking, tuple(notes), step)
        bounds = np.union1d(bounds, gaps)
        return Chronology(order, np.zeros(len(order), bool), series, bounds, tuple(notes), step, times)

    def _without_times(self) -> Chronology:
        order = np.argsort(self.series, kind="stable")
        series = self.series[order]
        bounds = np.concatenate([[0], np.flatnonzero(series[1:] != series[:-1]) + 1, [len(order)]])
        return Chronology(order, np.zeros(len(order), bool), series, bounds)

    def _once(self, order: np.ndarray) -> tuple[np.ndarray, list[str]]:
        """The rows in order, without repeated times, as `repeats` says."""
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
            column = (
                "another column that tells the series apart"
                if self.grouped
                else "the column that identifies the series"
            )
            advice = f"name {column} (group), or which row to keep (repeats: first or last)"
            raise InputError(Problem(f"{what}{more}; {advice}", self.place(first)))
        left_out = {"first": again, "last": np.append(again[1:], False), "keep": np.zeros_like(again)}[self.repeats]
        return order[~left_out], [f"{self.place(first)}: {what}{more} (repeats: {self.repeats})"]

    def _disorder(self, order: np.ndarray) -> Iterator[str]:
        """Notes on times that are not in file order."""
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
        assert self.times is not None
        count = np.ones(len(order), np.int64)
        count[gaps - 1] += lacking
        rows = np.repeat(order, count)
        firsts = np.repeat(np.cumsum(count) - count, count)
        behind = np.arange(len(rows)) - firsts
        filled = behind > 0
        series = self.series[rows]
        bounds = np.concatenate([[0], np.flatnonzero(series[1:] != series[:-1]) + 1, [len(rows)]])
        return Chronology(rows, filled, series, bounds, notes, step, step.after(self.times[rows], behind))
