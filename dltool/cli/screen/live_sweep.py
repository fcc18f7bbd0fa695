"""The live form of a sweep's progress, for terminals: how far it is, the trials that run, and the best ones."""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import isnan, nan

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from dltool.cli.screen.live_view import LiveView
from dltool.cli.screen.sweep_viewer import SweepHeading, SweepViewer, outcome
from dltool.formatting import duration, number, plural
from dltool.sweep.space import described
from dltool.sweep.study import Claim, Ended

#: trials that are shown below those that run
TOP = 5
FRAMES_PER_SECOND = 4
BAR_WIDTH = 16


@dataclass
class _Row:
    """A trial as the live table shows it."""

    claim: Claim
    epoch: int = 0
    value: float = nan
    ended: Ended | None = None


class LiveSweep(LiveView, SweepViewer):
    """Redraws itself in place: how far the sweep is, the trials that run, and the best ones."""

    def __init__(self) -> None:
        super().__init__(frames_per_second=FRAMES_PER_SECOND, transient=True)  # the tables at the end say it all
        self._heading: SweepHeading | None = None
        self._rows: dict[int, _Row] = {}
        self._done = 0
        self._began = time.monotonic()

    def begin(self, heading: SweepHeading) -> None:
        """Show the heading line."""
        self._heading, self._done = heading, heading.before

    def began(self, claim: Claim) -> None:
        """Show it among those that run."""
        self._rows = {**self._rows, claim.number: _Row(claim)}

    def epoch(self, claim: Claim, epoch: int, value: float) -> None:
        """Keep how far it is."""
        row = self._rows[claim.number]
        row.epoch = epoch
        if isnan(row.value) or (value > row.value) == self._higher_is_better:
            row.value = value

    def ended(self, claim: Claim, ended: Ended | None, *, best: bool) -> None:
        """Keep it among the best, if it is one."""
        row = self._rows.get(claim.number) or _Row(claim)
        row.ended = ended
        if ended and not isnan(ended.value):
            row.value, row.epoch = ended.value, ended.epochs
        self._done += ended is not None
        if ended and ended.reason == "failed":
            self.warn(f"trial {claim.number} {outcome(ended, '')}")
        self._rows = {**self._rows, claim.number: row}

    @property
    def _higher_is_better(self) -> bool:
        return self._heading is None or self._heading.higher_is_better

    def _render(self) -> RenderableType:
        heading = self._heading
        if heading is None:
            return Text("opening the data …", style="dim")
        rows = list(self._rows.values())
        running = [row for row in rows if row.ended is None]
        complete = [row for row in rows if row.ended and row.ended.reason in ("finished", "early_stopping")]
        finished = [row for row in complete if not isnan(row.value)]
        finished.sort(key=lambda row: row.value, reverse=heading.higher_is_better)
        values = [heading.best, *(row.value for row in finished[:1])]
        best = (max if heading.higher_is_better else min)((one for one in values if not isnan(one)), default=nan)
        room = max(0, self._console.size.height - len(running) - 4)
        return Group(
            self._title(heading, best),
            self._table([*running, *finished[: min(TOP, room)]], heading, best),
        )

    def _title(self, heading: SweepHeading, best: float) -> RenderableType:
        line = Table.grid(padding=(0, 2))
        since = time.monotonic() - self._began
        done = f"{self._done}" if heading.limit is None else f"{self._done}/{heading.limit}"
        bar = [ProgressBar(total=heading.limit, completed=self._done, width=BAR_WIDTH)] if heading.limit else []
        said = [] if isnan(best) else [Text.assemble(f"best {heading.metric} ", (number(best), "bold green"))]
        workers = plural(heading.workers, "worker")
        line.add_row(Text(heading.name, "bold cyan"), f"{done} trials", *bar, workers, duration(since), *said)
        return line

    def _table(self, rows: list[_Row], heading: SweepHeading, best: float) -> RenderableType:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
        table.add_column("trial", justify="right")
        table.add_column("epoch", justify="right")
        table.add_column(heading.metric, justify="right")
        table.add_column("values", no_wrap=True, overflow="ellipsis")
        for row in rows:
            style = "" if row.ended is None else "bold green" if row.value == best else "dim"
            cells = (f"{row.claim.number}", f"{row.epoch}", number(row.value), described(row.claim.values))
            table.add_row(*(Text(cell, overflow="ellipsis", no_wrap=True) for cell in cells), style=style)
        return table
