"""`dltool report RUN`: the page of a run again, from its directory and its data."""

from __future__ import annotations

from pathlib import Path

import typer

from dltool.cli.viewer import choose_viewer
from dltool.errors import InputError, Problem
from dltool.report.making import report_again


def report(run: Path) -> None:
    """Measure the best checkpoint of a run, write its page, and tell where that is."""
    if not run.is_dir():
        raise InputError(Problem("is not a run's directory, such as runs/digits", where=str(run)))
    with choose_viewer(quiet=False, as_json=False) as viewer:
        path = report_again(run, viewer.note, viewer.compiling)
    typer.echo(path)
