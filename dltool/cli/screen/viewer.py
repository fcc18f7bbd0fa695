"""Viewers of a running training: the interface, the silent viewers, and the choice between them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from dltool.cli.rank_streams import logging_rank
from dltool.cli.screen.lines import Lines, WarningLines
from dltool.formatting import plural
from dltool.runtime.device import LOADED, PROGRAM
from dltool.training.events import Event, Warned


@dataclass(frozen=True)
class Heading:
    """What is known when training begins."""

    name: str
    epochs: int
    threads: int
    parameters: int
    rows: dict[str, int]  # by part
    notes: tuple[str, ...] = ()  # decisions made for the user
    warnings: tuple[str, ...] = ()  # about the network and the data
    positive_class: Mapping[str, str] = field(default_factory=dict)  # by metric, if it describes one class
    device: str = ""  # such as "NVIDIA H100"; the processor has threads
    ranks: int = 1  # processes that train together

    @property
    def place(self) -> str:
        """What the training runs on."""
        threads = plural(self.threads, "thread")
        return self.device or (f"{self.ranks} processes of {threads}" if self.ranks > 1 else threads)


def compiling(what: str) -> str:
    """What is going on, in words: a program for a device is compiled, or kernels."""
    return f"compiling {what if what in (PROGRAM, LOADED) else f'{what} (once on this machine)'}"


def compiled(what: str) -> str:
    """What has been done, in words."""
    return {PROGRAM: "compiled the network", LOADED: "loaded the compiled network"}.get(what, "compiled kernels")


class Viewer(Lines):
    """Shows nothing and keeps warnings; subclasses show more."""

    def compiling(self, what: str, share: float | None) -> None:
        """Kernels are being compiled, in the first run on a machine, or a program for a device; `share` is done."""

    def preparing(self, what: str, share: float | None) -> None:
        """Much data is being read or prepared; `share` is done, if known."""

    def begin(self, heading: Heading) -> None:
        """Training is about to begin."""
        self._introduce(heading)

    def _introduce(self, heading: Heading) -> None:
        for text in heading.warnings:
            self.warn(text)
        for text in heading.notes:
            self.note(text)

    def show(self, event: Event) -> None:
        """Show an event."""
        if isinstance(event, Warned):
            self.warn(event.text)


class Quiet(WarningLines, Viewer):
    """Shows only warnings, on standard error."""


def choose_viewer(*, quiet: bool, as_json: bool, passing: bool = False) -> Viewer:
    """The live view on a terminal, plain lines elsewhere, or only warnings.

    A `passing` live view leaves only its notes on the screen.
    """
    if logging_rank():
        quiet = as_json = False
    if as_json:
        return Viewer()
    if quiet:
        return Quiet()
    if sys.stdout.isatty():
        from dltool.cli.screen.live_progress import LiveProgress  # only a terminal pays for importing rich's live view

        return LiveProgress(passing=passing)
    from dltool.cli.screen.plain_progress import PlainProgress

    return PlainProgress()
