"""What `dltool bench` says while it measures, on standard error: on a terminal one line that changes, else a few."""

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
        """Something else is measured from now on."""
        typer.echo(f"measuring {what} …", err=True)

    def show(self, detail: str) -> None:
        """What is done just now; only of interest to those who watch."""

    def advance(self) -> None:
        """One of all measurements is over."""
        self._done += 1

    def clear(self) -> None:
        """Leave nothing behind that moves."""


class Bar(Progress):
    """One line that is written over: at every change and never in between, since drawing takes time from the rest."""

    _what = ""

    def begin(self, what: str) -> None:
        """Something else is measured from now on."""
        self._what = what
        self.show("starting")

    def show(self, detail: str) -> None:
        """What is done just now."""
        filled = BAR_WIDTH * self._done // self._total
        bar = "━" * filled + "╌" * (BAR_WIDTH - filled)
        self._write(f"\r\x1b[2K{bar} {self._done}/{self._total} · {self._what}: {detail}")

    def clear(self) -> None:
        """Leave an empty line."""
        self._write("\r\x1b[2K")

    def _write(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


@contextmanager
def showing_progress(total: int) -> Iterator[Progress]:
    """Progress through so many measurements, in the form that suits standard error."""
    progress = Bar(total) if sys.stderr.isatty() else Progress(total)
    try:
        yield progress
    finally:
        progress.clear()
