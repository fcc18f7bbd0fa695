"""A view that redraws itself in place on a terminal, below the lines that were written so far."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from dltool.cli.screen.lines import Lines


class LiveView(Lines):
    """Draws what `_render` gives, some frames a second, in a thread of its own.

    A `transient` view vanishes when it ends; the last state of others stays on the terminal.
    """

    def __init__(self, *, frames_per_second: int, transient: bool) -> None:
        super().__init__()
        self._console = Console(highlight=False)
        self._frames_per_second, self._transient = frames_per_second, transient

    def _render(self) -> RenderableType:
        """The current state."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._live = Live(
            get_renderable=self._render,
            console=self._console,
            refresh_per_second=self._frames_per_second,
            transient=self._transient,
        )
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Draw the last state."""
        self._live.__exit__(kind, error, trace)

    def note(self, text: str) -> None:
        """A line above."""
        self._console.print(Text.assemble(("note: ", "yellow"), text))

    def warn(self, text: str) -> None:
        """A line above."""
        self._console.print(Text.assemble(("warning: ", "red"), text))

    def say(self, text: str) -> None:
        """A line above."""
        self._console.print(Text(text))
