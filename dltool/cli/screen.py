"""The live form of a training's progress, for terminals: the epoch's bar, a curve of the loss, and the last epochs."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from dltool.cli.curve import Curve
from dltool.cli.viewer import Heading, Viewer
from dltool.figures import duration, number, rate, single_figures, titled
from dltool.training.events import EpochEnded, Event, Lowered, Note, Progress

#: Redrawing takes time from the training, which has all cores.
FRAMES_PER_SECOND = 5
EPOCHS_SHOWN = 8
CURVE_SIZE = (44, 3)  # characters


class Screen(Viewer):
    """Redraws itself in place, a few times a second, in a thread of its own."""

    def __init__(self, *, passing: bool = False) -> None:
        super().__init__()
        self._console = Console(highlight=False)
        self._heading: Heading | None = None
        self._compiling_since: float | None = None
        self._preparing, self._preparing_since = "", 0.0
        self._prepared: float | None = None
        self._progress: Progress | None = None
        self._epochs: list[EpochEnded] = []
        self._best: EpochEnded | None = None
        self._curve = Curve(*CURVE_SIZE)
        self._live = Live(
            get_renderable=self._render,
            console=self._console,
            refresh_per_second=FRAMES_PER_SECOND,
            transient=passing,  # else the last state stays on the terminal
        )

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Draw the last state."""
        self._live.__exit__(kind, error, trace)

    def compiling(self, what: str) -> None:
        """Show how long compiling has taken until training begins."""
        if self._compiling_since is None:
            self._compiling_since = time.monotonic()

    def preparing(self, what: str, share: float | None) -> None:
        """A bar until training begins."""
        if what != self._preparing:
            self._preparing, self._preparing_since = what, time.monotonic()
        self._prepared = share

    def begin(self, heading: Heading) -> None:
        """The line above all others."""
        if self._compiling_since is not None:
            self._console.print(f"[dim]compiled kernels in {duration(time.monotonic() - self._compiling_since)}[/dim]")
            self._compiling_since = None
        self._heading = heading
        for text in heading.notes:
            self.note(text)

    def show(self, event: Event) -> None:
        """Keep what the next frame shows."""
        match event:
            case Note() | Lowered():
                self.note(event.text)
            case Progress():
                self._progress = event
                self._curve.add(event.loss)
            case EpochEnded():
                self._epochs = [*self._epochs, event][-EPOCHS_SHOWN:]
                if event.best:
                    self._best = event

    def note(self, text: str) -> None:
        """A line above the moving part."""
        self._console.print(Text.assemble(("note: ", "yellow"), text))

    def say(self, text: str) -> None:
        """A line above the moving part."""
        self._console.print(text, markup=False)

    def _render(self) -> RenderableType:
        if self._compiling_since is not None:
            seconds = time.monotonic() - self._compiling_since
            return Text(f"compiling kernels (once on this machine)… {seconds:.0f} s", style="dim")
        if self._heading is None:
            return self._preparation() if self._preparing else Text("")
        parts: list[RenderableType] = [self._title(self._heading)]
        if self._progress:
            parts.append(self._bar(self._progress, self._heading))
            parts.append(self._curve_and_figures(self._progress))
        if self._epochs:
            parts.append(self._table())
        return Group(*parts)

    def _preparation(self) -> RenderableType:
        line = Table.grid(padding=(0, 2))
        bar = [] if self._prepared is None else [ProgressBar(total=1.0, completed=self._prepared, width=24)]
        line.add_row(self._preparing, *bar, f"[dim]{duration(time.monotonic() - self._preparing_since)}[/dim]")
        return line

    def _title(self, heading: Heading) -> Text:
        rows = " · ".join(f"{count:,} {part} rows" for part, count in heading.rows.items())
        threads = f"{heading.threads} thread{'s' if heading.threads > 1 else ''}"
        return Text.assemble((heading.name, "bold cyan"), f"  {heading.parameters:,} parameters · {rows} · {threads}")

    def _bar(self, progress: Progress, heading: Heading) -> Table:
        line = Table.grid(padding=(0, 2))
        line.add_row(
            f"epoch {progress.epoch}/{heading.epochs}",
            ProgressBar(total=progress.updates, completed=progress.update, width=24),
            f"{progress.update}/{progress.updates}",
            f"[bold]{rate(progress.samples_per_second)}[/bold]samples/s",
            f"{duration(progress.seconds_left)} left",
        )
        return line

    def _curve_and_figures(self, progress: Progress) -> Table:
        line = Table.grid(padding=(0, 2))
        figures = (
            f"loss  [bold]{number(progress.loss)}[/bold]\nlr    {progress.learning_rate:.4g}\nstep  {progress.step:,}"
        )
        line.add_row(Text("\n".join(self._curve.lines()), style="green"), figures)
        return line

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        names = [
            (part, name)
            for part in ("train", "validation")
            for name in single_figures(self._epochs[-1].line.get(part, {}))
        ]
        classes = self._heading.positive_class if self._heading else {}
        table.add_column("epoch", justify="right")
        for part, name in names:
            table.add_column(f"{part}\n{titled(name, classes)}", justify="right")
        table.add_column("time", justify="right", vertical="bottom")
        shown = self._epochs if self._best is None or self._best in self._epochs else [self._best, *self._epochs[1:]]
        for event in shown:
            line: dict[str, Any] = event.line
            best = event is self._best
            cells = [number(line[part][name]) for part, name in names]
            mark = "★ " if best else ""
            row = [f"{mark}{line['epoch']}", *cells, duration(line["seconds"])]
            table.add_row(*row, style="bold green" if best else "")
        return table
