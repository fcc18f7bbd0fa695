"""What is odd about a config or its data, although it works: a line for the user, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dltool.errors import shortened


@dataclass(frozen=True)
class Finding:
    """A `note` is worth knowing; a `warning` is probably a mistake."""

    severity: Literal["note", "warning"]
    message: str
    path: str = ""  # the place in the config, or the layer

    def __str__(self) -> str:
        return shortened(": ".join(part for part in (self.severity, self.path, self.message) if part))


def warning(message: str, path: str = "") -> Finding:
    """What is probably a mistake."""
    return Finding("warning", message, path)


def note(message: str, path: str = "") -> Finding:
    """What is worth knowing."""
    return Finding("note", message, path)
