"""Progress of `dltool bench` on standard error: a single changing line on a terminal, else a line for each config."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

BAR_WIDTH = 20


class Progress:
    """A line for each config."""

    def __init__(self, total: int):
        self._total, self._done = total, 0

    def begin(self, what: str) -> None:
        """Start measuring something else."""
        typer.echo(f"measuring {what} …", err=True)

    def show(self, detail: str) -> None:
        """Show a detail; the plain form ignores it."""

    def advance(self) -> None:
        """Count a finished measurement."""
        self._done += 1

    def clear(self) -> None:
        """Remove the changing line."""


class Bar(Progress):
    """A line that is redrawn only when it changes, since drawing would take time from the measurement."""

    _what = ""

    def begin(self, what: str) -> None:
        """Start measuring something else."""
        self._what = what
        self.show("starting")

    def show(self, detail: str) -> None:
        """Show a detail."""
        filled = BAR_WIDTH * self._done // self._total
        bar = "━" * filled + "╌" * (BAR_WIDTH - filled)
        self._write(f"\r\x1b[2K{bar} {self._done}/{self._total} · {self._what}: {detail}")

    def clear(self) -> None:
        """Clear the line."""
        self._write("\r\x1b[2K")

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


@contextmanager
def showing_progress(total: int) -> Iterator[Progress]:
    """Progress through `total` measurements, in the form that suits standard error."""
    progress = Bar(total) if sys.stderr.isatty() else Progress(total)
    try:
        yield progress
    finally:
        progress.clear()
