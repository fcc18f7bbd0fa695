"""A proposal: a config to be, and what led to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dltool.config.experiment import Task
from dltool.proposal.entry import Entry, plain, write


@dataclass(frozen=True)
class Wishes:
    """What the user has said besides where the data lies."""

    target: Sequence[str] = ()
    task: Task | None = None


@dataclass(frozen=True)
class Proposal:
    """The entries of a config, a sentence on what it does, what was inferred, and what the user should look at."""

    title: str
    entries: Sequence[Entry]
    inferred: Sequence[tuple[str, str]]  # what, and the finding: ("target", "'income', the last column")
    warnings: Sequence[str] = ()

    @property
    def config(self) -> Mapping[str, Any]:
        """As plain data."""
        return plain(self.entries)

    def text(self, commands: Sequence[str]) -> str:
        """The config with comments, and above it the title and the commands to use it with."""
        head = [f"# {self.title}", "#", *(f"#   {command}" for command in commands), ""]
        body: list[str] = []
        for entry in self.entries:
            if body and entry.key in ("model", "loss"):
                body.append("")
            body += write([entry])
        return "\n".join([*head, *body, ""])
