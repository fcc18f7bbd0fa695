"""`dltool init DATA`: writes a config for new data, with the reason for every choice."""

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
from dltool.training.writing import require_place, write_whole


def init(
    data: str,
    *,
    target: Sequence[str] = (),
    output: Path | None = None,
    test: str | None = None,
    task: Task | None = None,
    force: bool = False,
) -> None:
    """Write a config for `data` and what was inferred; raises InputError if the data or the file is unusable."""
    if Path(data).suffix.lower() in (".yaml", ".yml"):  # before the hint to overwrite a file of that name
        raise InputError(Problem("is a config, not data; train it with: dltool train, or name the data", data))
    path = output or Path(f"{_name(data)}.yaml")
    if path.exists() and not force:
        raise InputError(
            Problem("already exists; choose another file with -o FILE, or overwrite it with --force", str(path))
        )
    require_place(path)
    for name in filter(None, (data, test)):
        if printable(name) != name:
            message = "its name is not UTF-8, which a config requires; rename it, or link to it"
            raise InputError(Problem(message, name))
    proposal = propose(data, Wishes(tuple(target), task), test)
    from_resolved(proposal.config)  # never write an invalid config
    write_whole(path, proposal.text(_command(data, target, output, test, task), _commands(path, proposal)))
    _write_summary(proposal, path)


def _name(data: str) -> str:
    """The name of a config for `data`: from its file name, or the common start of a pattern."""
    name = Path(re.split(r"[*?\[]", data)[0].rstrip("/")).name or Path(data).resolve().name
    name = re.sub(r"\.(gz|zip)$", "", name)
    name = name.partition(".")[0] if not name.startswith(".") else name
    name = re.sub(r"[^\w+=,@-]+", "_", name).strip("_-")
    return name or "config"


def _command(data: str, target: Sequence[str], output: Path | None, test: str | None, task: Task | None) -> str:
    """The command as the user typed it."""
    given = [("--target", name) for name in target] + [("--test", test), ("--task", task), ("-o", output)]
    return shlex.join(
        ["dltool", "init", data, *(str(word) for name, value in given if value for word in (name, value))]
    )


def _commands(path: Path, proposal: Proposal) -> list[str]:
    """The next commands."""
    run = shlex.quote(f"runs/{path.stem}")
    return [
        f"dltool check {shlex.quote(str(path))}",
        f"dltool train {shlex.quote(str(path))}",
        f"dltool generate {run} --prompt TEXT" if proposal.writes else f"dltool predict {run} DATA",
    ]


def _write_summary(proposal: Proposal, path: Path) -> None:
    width = max(len(what) for what, _ in proposal.inferred)
    for what, finding in proposal.inferred:
        typer.echo(f"{what:<{width}}  {finding}")
    for finding in proposal.findings:
        typer.echo(str(finding))
    typer.echo(f"\nwrote {path}; next:")
    for command in _commands(path, proposal):
        typer.echo(f"  {command}")
