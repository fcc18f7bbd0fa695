"""What an export made, to be written and told about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Port:
    """An input or an output: its name, its type with its shape, and what it means."""

    name: str
    kind: str
    meaning: str = ""


@dataclass(frozen=True)
class Exported:
    """The content of a file, and what a user should know of it."""

    content: bytes
    summary: str  # what it is, and how it was checked
    inputs: Sequence[Port] = ()
    outputs: Sequence[Port] = ()
    notes: Sequence[str] = ()  # what the file does otherwise than dltool, or not at all
    program: str = ""  # source that uses the file
