"""`dltool report RUN`: the page of a run again, from its directory and its data."""

from __future__ import annotations

from pathlib import Path

import typer

from dltool.cli.viewer import choose_viewer
from dltool.report.making import report_again
from dltool.training.run_directory import RunDirectory


def report(run: Path) -> None:
    """Measure the best checkpoint of a run, write its page, and tell where that is."""
    with choose_viewer(quiet=False, as_json=False) as viewer:
        path = report_again(RunDirectory.existing(run), viewer.note, viewer.compiling)
    typer.echo(path)
