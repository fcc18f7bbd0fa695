"""Findings about a config or its data that works but looks odd: a message, with advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dltool.errors import shortened


@dataclass(frozen=True)
class Finding:
    """A message for the user; a `note` is worth knowing, a `warning` is probably a mistake."""

    severity: Literal["note", "warning"]
    message: str
    path: str = ""  # config key, or layer

    def __str__(self) -> str:
        return shortened(": ".join(part for part in (self.severity, self.path, self.message) if part))


def warning(message: str, path: str = "") -> Finding:
    """A finding that is probably a mistake."""
    return Finding("warning", message, path)


def note(message: str, path: str = "") -> Finding:
    """A finding that is worth knowing."""
    return Finding("note", message, path)
