"""What a training shows while it runs: the contract, the silent form, and the choice among the forms."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from dltool.training.events import Event


@dataclass(frozen=True)
class Heading:
    """What is known when training begins."""

    name: str
    epochs: int
    threads: int
    parameters: int
    rows: dict[str, int]  # by part
    notes: tuple[str, ...]  # warnings of network and data


class Viewer:
    """Shows nothing; the other forms show more."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""

    def compiling(self, what: str) -> None:
        """A kernel is being compiled: the first run on a machine."""

    def preparing(self, what: str, share: float | None) -> None:
        """Much data is read or prepared; which share of it is done, if that is known."""

    def begin(self, heading: Heading) -> None:
        """Training is about to begin."""

    def show(self, event: Event) -> None:
        """Something happened."""

    def note(self, text: str) -> None:
        """Something the user should know."""

    def say(self, text: str) -> None:
        """A closing line."""


def choose_viewer(*, quiet: bool, as_json: bool, passing: bool = False) -> Viewer:
    """The live view on a terminal, lines elsewhere, nothing where only the end is wanted.

    A `passing` live view leaves nothing behind but its notes.
    """
    if quiet or as_json:
        return Viewer()
    if sys.stdout.isatty():
        from dltool.cli.screen import Screen  # only a terminal pays for importing rich's live view

        return Screen(passing=passing)
    from dltool.cli.lines import Lines

    return Lines()
