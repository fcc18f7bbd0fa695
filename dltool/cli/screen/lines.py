"""The lines that a command writes while it works: warnings, notes and others."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import typer


class Lines:
    """Writes nothing and keeps what is worth a warning; subclasses write more."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the terminal as it was."""

    def note(self, text: str) -> None:
        """Something worth knowing."""
        self.warnings.append(text)

    def warn(self, text: str) -> None:
        """Something that is probably a mistake, or has gone wrong."""
        self.warnings.append(text)

    def say(self, text: str) -> None:
        """Something worth a line."""


class WarningLines(Lines):
    """Writes only warnings, to standard error."""

    def warn(self, text: str) -> None:
        """A line of its own."""
        typer.echo(f"warning: {text}", err=True)


class PlainLines(Lines):
    """Writes all lines to standard output."""

    def note(self, text: str) -> None:
        """A line."""
        typer.echo(f"note: {text}")

    def warn(self, text: str) -> None:
        """A line."""
        typer.echo(f"warning: {text}")

    def say(self, text: str) -> None:
        """A line."""
        typer.echo(text)
