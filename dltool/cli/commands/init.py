"""`dltool init DATA`: a config for data that nobody has described yet, with the reason for every choice."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import typer

from dltool.config.experiment import Task
from dltool.config.loading import from_resolved
from dltool.errors import InputError, Problem, printable
from dltool.proposal.proposal import Proposal, Wishes
from dltool.proposal.proposing import propose


def init(
    data: str,
    *,
    target: Sequence[str] = (),
    output: Path | None = None,
    test: str | None = None,
    task: Task | None = None,
    force: bool = False,
) -> None:
    """Write a config for `data`, and what was inferred; raises InputError where the data or the file is not usable."""
    path = output or Path(f"{_name(data)}.yaml")
    if path.exists() and not force:
        raise InputError(
            Problem("exists already; write to another file with -o FILE, or over it with --force", str(path))
        )
    if not path.parent.is_dir():
        raise InputError(Problem(f"there is no folder '{path.parent}'", str(path)))
    for name in filter(None, (data, test)):
        if printable(name) != name:
            message = "its name is not UTF-8, as a config is; rename it, or make a link to it that is"
            raise InputError(Problem(message, name))
    proposal = propose(data, Wishes(tuple(target), task), test)
    from_resolved(proposal.config)  # what is no config is not written
    try:
        path.write_text(proposal.text(_command(data, target, output, test, task), _commands(path)), encoding="utf-8")
    except OSError as error:
        raise InputError(Problem(f"cannot be written: {error.strerror}", str(path))) from None
    _write_summary(proposal, path)


def _name(data: str) -> str:
    """The name of a config for some data: that of its file, or of what a pattern has in common."""
    name = Path(re.split(r"[*?\[]", data)[0].rstrip("/")).name or Path(data).resolve().name
    name = re.sub(r"\.(gz|zip)$", "", name)
    name = name.partition(".")[0] if not name.startswith(".") else name
    name = re.sub(r"[^\w+=,@-]+", "_", name).strip("_-")
    return name or "config"


def _command(data: str, target: Sequence[str], output: Path | None, test: str | None, task: Task | None) -> str:
    """What the user has said."""
    given = [("--target", name) for name in target] + [("--test", test), ("--task", task), ("-o", output)]
    return shlex.join(
        ["dltool", "init", data, *(str(word) for name, value in given if value for word in (name, value))]
    )


def _commands(path: Path) -> list[str]:
    """What to do next."""
    run = f"runs/{path.stem}"
    return [
        f"dltool check {shlex.quote(str(path))}",
        f"dltool train {shlex.quote(str(path))}",
        f"dltool predict {shlex.quote(run)} DATA",
    ]


def _write_summary(proposal: Proposal, path: Path) -> None:
    width = max(len(what) for what, _ in proposal.inferred)
    for what, finding in proposal.inferred:
        typer.echo(f"{what:<{width}}  {finding}")
    for finding in proposal.findings:
        typer.echo(str(finding))
    typer.echo(f"\nwrote {path}; next:")
    for command in _commands(path):
        typer.echo(f"  {command}")
