"""The live form of a training's progress, for terminals: the epoch's bar, a curve of the loss, and the last epochs."""

from __future__ import annotations

import time

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from dltool.cli.screen.curve import Curve
from dltool.cli.screen.epoch_table import MOST, epoch_tables
from dltool.cli.screen.live_view import LiveView
from dltool.cli.screen.viewer import Heading, Viewer, compiled, compiling
from dltool.formatting import duration, number, rate
from dltool.training.events import EpochEnded, Event, Progress, RateLowered, Warned

#: Redrawing takes time from the training, which has all cores.
FRAMES_PER_SECOND = 5
CURVE_SIZE = (44, 3)  # characters
BAR_WIDTH = 24
#: what stands above the table of epochs, and the cursor below it
LINES_ABOVE = 8


class LiveProgress(LiveView, Viewer):
    """Redraws itself in place, a few times a second, in a thread of its own."""

    def __init__(self, *, passing: bool = False) -> None:
        super().__init__(frames_per_second=FRAMES_PER_SECOND, transient=passing)
        self._heading: Heading | None = None
        self._compiling_since: float | None = None
        self._compiling = ""
        self._compiled: float | None = None
        self._preparing, self._preparing_since = "", 0.0
        self._prepared: float | None = None
        self._progress: Progress | None = None
        self._epochs: list[EpochEnded] = []
        self._best: EpochEnded | None = None
        self._curve = Curve(*CURVE_SIZE)

    def compiling(self, what: str, share: float | None) -> None:
        """Show a progress bar until training begins."""
        if self._compiling_since is None:
            self._compiling_since = time.monotonic()
        self._compiling, self._compiled = what, share

    def preparing(self, what: str, share: float | None) -> None:
        """Show a progress bar until training begins."""
        if what != self._preparing:
            self._preparing, self._preparing_since = what, time.monotonic()
        self._prepared = share

    def begin(self, heading: Heading) -> None:
        """Show the heading line."""
        if self._compiling_since is not None:
            taken = duration(time.monotonic() - self._compiling_since)
            self._console.print(f"[dim]{compiled(self._compiling)} in {taken}[/dim]")
            self._compiling_since = None
        self._heading = heading
        self._introduce(heading)

    def show(self, event: Event) -> None:
        """Keep the event for the next frame."""
        match event:
            case Warned():
                self.warn(event.text)
            case RateLowered():
                self.note(event.text)
            case Progress():
                self._progress = event
                self._curve.add(event.loss)
            case EpochEnded():
                self._epochs = [*self._epochs, event][-MOST:]
                if event.best:
                    self._best = event

    def _render(self) -> RenderableType:
        if self._compiling_since is not None:
            return _bar(compiling(self._compiling), self._compiled, self._compiling_since)
        if self._heading is None:
            return _bar(self._preparing, self._prepared, self._preparing_since) if self._preparing else Text("")
        parts: list[RenderableType] = [self._title(self._heading)]
        if self._progress:
            parts.append(self._bar(self._progress, self._heading))
            parts.append(self._curve_and_values(self._progress))
        if self._epochs:
            size = self._console.size
            height = size.height - LINES_ABOVE
            classes = self._heading.positive_class if self._heading else {}
            parts += epoch_tables(self._epochs, self._best, classes, width=size.width, height=height)
        return Group(*parts)

    def _title(self, heading: Heading) -> Text:
        rows = " · ".join(f"{count:,} {part} rows" for part, count in heading.rows.items())
        return Text.assemble(
            (heading.name, "bold cyan"), f"  {heading.parameters:,} parameters · {rows} · {heading.place}"
        )

    def _bar(self, progress: Progress, heading: Heading) -> RenderableType:
        """The progress of the epoch, with a bar if there is room."""
        words = [
            f"epoch {progress.epoch}/{heading.epochs}",
            f"{progress.update}/{progress.updates}",
            f"{rate(progress.samples_per_second)}samples/s",
            f"{duration(progress.seconds_left)} left",
        ]
        if sum(map(len, words)) + 2 * len(words) + BAR_WIDTH > self._console.width:
            return Text("  ".join(words))
        line = Table.grid(padding=(0, 2))
        epoch, *others = words
        line.add_row(epoch, ProgressBar(total=progress.updates, completed=progress.update, width=BAR_WIDTH), *others)
        return line

    def _curve_and_values(self, progress: Progress) -> RenderableType:
        values = [
            Text.assemble("loss  ", (number(progress.loss), "bold")),
            Text(f"lr    {progress.learning_rate:.4g}"),
            Text(f"step  {progress.step:,}"),
        ]
        if CURVE_SIZE[0] + 2 + max(map(len, values)) > self._console.width:
            return Text("  ").join(values)
        line = Table.grid(padding=(0, 2))
        line.add_row(Text("\n".join(self._curve.lines()), style="green"), Text("\n").join(values))
        return line


def _bar(what: str, share: float | None, since: float) -> RenderableType:
    """What is done before training begins, how much of it, if known, and for how long by now."""
    line = Table.grid(padding=(0, 2))
    bar = [] if share is None else [ProgressBar(total=1.0, completed=share, width=BAR_WIDTH)]
    line.add_row(Text(what), *bar, Text(duration(time.monotonic() - since), style="dim"))
    return line
