"""A proposal: a config with the reasons for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dltool.config.experiment import Task
from dltool.findings import Finding
from dltool.proposal.entry import Entry, plain, write


@dataclass(frozen=True)
class Wishes:
    """What the user has specified, besides the path of the data."""

    target: Sequence[str] = ()
    task: Task | None = None


@dataclass(frozen=True)
class Proposal:
    """The entries of a config, a sentence on what it does, what was inferred, and findings for the user."""

    title: str
    entries: Sequence[Entry]
    inferred: Sequence[tuple[str, str]]  # what, and the finding: ("target", "'income', the last column")
    findings: Sequence[Finding] = ()
    writes: bool = False  # the network writes text

    @property
    def config(self) -> dict[str, Any]:
        """The config as plain data."""
        return plain(self.entries)

    def text(self, written_by: str, next_commands: Sequence[str]) -> str:
        """The config with comments; above it what it does, how it was made, and the commands to use it with."""
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
