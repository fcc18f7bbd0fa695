"""`dltool report RUN`: writes the HTML report of a run again, from its directory and its data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from dltool.cli.screen.viewer import choose_viewer
from dltool.formatting import quoted
from dltool.report.making import report_again
from dltool.training.continuing import hinting_at_moved_data
from dltool.training.run_directory import RunDirectory


def report(run: Path, overrides: Sequence[str] = ()) -> None:
    """Evaluate the best checkpoint of a run, write its report, and print the path."""
    moved = hinting_at_moved_data(f"dltool report {quoted(run)}")
    with choose_viewer(quiet=False, as_json=False) as viewer, moved:
        path = report_again(RunDirectory.existing(run), viewer.note, viewer.compiling, overrides)
    typer.echo(path)
