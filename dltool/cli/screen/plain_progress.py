"""Plain training progress for logs and pipes: one line per epoch, but never many per second."""

from __future__ import annotations

import time
from collections.abc import Mapping

from dltool.cli.screen.lines import PlainLines
from dltool.cli.screen.viewer import Heading, Viewer, compiled, compiling
from dltool.formatting import duration, metrics_line, number, rate
from dltool.training.events import EpochEnded, Event, Progress, RateLowered, Warned

#: the first epochs and the last one are always shown; others at most once per interval in seconds
FIRST_EPOCHS = 20
EPOCH_INTERVAL = 0.5
#: seconds between lines within a long epoch
STEP_INTERVAL = 30.0


class PlainProgress(PlainLines, Viewer):
    """Writes lines to standard output."""

    def __init__(self) -> None:
        super().__init__()
        self._epochs = 0
        self._positive_class: Mapping[str, str] = {}
        self._speed = 0.0
        self._shown_at = 0.0
        self._compiling_since: float | None = None
        self._compiling = ""
        self._preparing = ""

    def compiling(self, what: str, share: float | None) -> None:
        """Print one line at the start."""
        if self._compiling_since is None:
            self._compiling_since = time.monotonic()
            self.say(f"{compiling(what)} …")
        self._compiling = what

    def preparing(self, what: str, share: float | None) -> None:
        """Print a line at the start, and later the progress."""
        if what != self._preparing or self._due(STEP_INTERVAL):
            self.say(f"{what} …" if what != self._preparing or share is None else f"{what}: {share:.0%}")
            self._preparing, self._shown_at = what, time.monotonic()

    def begin(self, heading: Heading) -> None:
        """Print a line about the run, and one for each warning."""
        if self._compiling_since is not None:
            self.say(f"{compiled(self._compiling)} in {duration(time.monotonic() - self._compiling_since)}")
        self._epochs, self._positive_class = heading.epochs, heading.positive_class
        self._shown_at = time.monotonic()
        rows = ", ".join(f"{count:,} {part}" for part, count in heading.rows.items())
        self.say(f"{heading.name}: {heading.parameters:,} parameters, rows: {rows}, {heading.place}")
        self._introduce(heading)

    def show(self, event: Event) -> None:
        """Print a line for an epoch, or within a long one, unless the last line is very recent."""
        match event:
            case Warned():
                self.warn(event.text)
            case RateLowered():
                self.note(event.text)
            case EpochEnded():
                epoch = event.line["epoch"]
                if self._due(EPOCH_INTERVAL) or epoch <= FIRST_EPOCHS or epoch == self._epochs:
                    self.say(self._epoch(event))
            case Progress():
                self._speed = event.samples_per_second
                if self._due(STEP_INTERVAL):
                    self.say(
                        f"epoch {event.epoch}/{self._epochs}, step {event.update}/{event.updates}: "
                        f"loss {number(event.loss)} · {rate(event.samples_per_second)}samples/s"
                        f" · {duration(event.seconds_left)} left"
                    )

    def _due(self, interval: float) -> bool:
        now = time.monotonic()
        if now - self._shown_at < interval:
            return False
        self._shown_at = now
        return True

    def _epoch(self, event: EpochEnded) -> str:
        line = event.line
        parts = " · ".join(
            f"{part} {metrics_line(line[part], self._positive_class)}"
            for part in ("train", "validation")
            if part in line
        )
        best = " · best" if event.best else ""
        return (
            f"epoch {line['epoch']}/{self._epochs}: {parts} · {duration(line['seconds'])}"
            f" · {rate(self._speed)}samples/s{best}"
        )
