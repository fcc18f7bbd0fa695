"""Viewers of a running sweep: the interface, the silent ones, lines for logs and pipes, and the choice between them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import nan

from dltool.cli.screen.lines import Lines, PlainLines, WarningLines
from dltool.formatting import duration, number, plural
from dltool.sweep.messages import Looked
from dltool.sweep.space import described
from dltool.sweep.study import Claim, Ended


@dataclass(frozen=True)
class SweepHeading:
    """What is known when a sweep begins."""

    name: str
    metric: str
    higher_is_better: bool
    workers: int
    limit: int | None  # trials
    before: int  # that have ended already
    best: float = nan


class SweepViewer(Lines):
    """Shows nothing and keeps warnings; subclasses show more."""

    def begin(self, heading: SweepHeading) -> None:
        """The first trials are about to begin."""

    def looked(self, found: Looked) -> None:
        """The config as written can be trained."""
        for text in found.warnings:
            self.warn(text)

    def began(self, claim: Claim) -> None:
        """A trial begins, or goes on."""

    def epoch(self, claim: Claim, epoch: int, value: float) -> None:
        """A trial has ended an epoch."""

    def ended(self, claim: Claim, ended: Ended | None, *, best: bool) -> None:
        """A trial has ended."""


class QuietSweep(WarningLines, SweepViewer):
    """Shows only warnings, on standard error."""


class PlainSweep(PlainLines, SweepViewer):
    """Writes lines to standard output."""

    def begin(self, heading: SweepHeading) -> None:
        """A line about the sweep."""
        self._heading = heading
        total = "" if heading.limit is None else f" of {heading.limit}"
        done = f", {heading.before}{total} ended before" if heading.before else ""
        trials = plural(heading.limit, "trial") if heading.limit else "trials until the time is up"
        self.say(f"{heading.name}: {trials}, {plural(heading.workers, 'worker')}{done}")

    def began(self, claim: Claim) -> None:
        """Only a trial that goes on is worth a line."""
        if claim.again:
            self.say(f"trial {claim.number} was cut off and goes on")

    def ended(self, claim: Claim, ended: Ended | None, *, best: bool) -> None:
        """A line with its values."""
        mark = " · best so far" if best else ""
        self.say(f"trial {claim.number}: {outcome(ended, self._heading.metric)}{mark} · {described(claim.values)}")


def outcome(ended: Ended | None, metric: str) -> str:
    """How a trial ended, in a few words."""
    if ended is None:
        return "stopped; it goes on when the sweep does"
    if ended.reason == "failed":
        return f"failed: {ended.message}"
    if ended.reason == "diverged":
        return "diverged"
    if ended.reason == "pruned":
        return f"pruned after {plural(ended.epochs, 'epoch')} at {number(ended.value)}"
    return f"{metric} {number(ended.value)} · epoch {ended.epoch} of {ended.epochs} · {duration(ended.seconds)}"


def choose_sweep_viewer(*, quiet: bool, as_json: bool) -> SweepViewer:
    """The live view on a terminal, a line for each trial elsewhere, or only warnings."""
    if as_json:
        return SweepViewer()
    if quiet:
        return QuietSweep()
    if sys.stdout.isatty():
        from dltool.cli.screen.live_sweep import LiveSweep  # only a terminal pays for importing rich's live view

        return LiveSweep()
    return PlainSweep()
