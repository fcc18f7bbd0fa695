"""A proposal: a config to be, and what led to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dltool.config.experiment import Task
from dltool.findings import Finding
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
    findings: Sequence[Finding] = ()

    @property
    def config(self) -> dict[str, Any]:
        """As plain data."""
        return plain(self.entries)

    def text(self, written_by: str, next_commands: Sequence[str]) -> str:
        """The config with comments; above it what it does, how it came about, and the commands to use it with."""
        head = [
            " ".join(self.title.splitlines()),
            "",
            f"Written by: {written_by}",
            "",
            *(f"  {command}" for command in next_commands),
        ]
        body: list[str] = []
        for entry in self.entries:
            if entry.key in ("data", "model", "loss"):
                body.append("")
            body += write([entry])
        return "\n".join([*(f"# {line}".rstrip() for line in head), *body, ""])
