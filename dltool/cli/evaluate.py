"""`dltool eval CHECKPOINT`: how good a trained network is, in figures, per class or target, and as a matrix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from dltool.cli.confusion import write_confusion
from dltool.cli.figures import listed, number
from dltool.cli.table import write_table
from dltool.cli.viewer import choose_viewer
from dltool.training.assessment import assess
from dltool.training.strict_json import to_json


def evaluate(checkpoint: Path, *, threads: int | None = None, as_json: bool = False) -> None:
    """Measure a checkpoint, or the best one of a run, and write what was found."""
    with choose_viewer(quiet=False, as_json=as_json) as viewer:
        found = assess(checkpoint, threads=threads, report=viewer.note, on_compile=viewer.compiling)
    if as_json:
        typer.echo(to_json(found))
    else:
        _write(found)


def _write(found: dict[str, Any]) -> None:
    typer.echo(f"{found['checkpoint']}: after epoch {found['epoch']}, step {found['step']:,}")
    typer.echo(f"{found['part']} part, {found['rows']:,} rows: {listed({'loss': found['loss'], **found['metrics']})}")
    typer.echo()
    if "classes" in found:
        header = ("class", "precision", "recall", "f1", "rows")
        rows = [
            (row["class"], *(number(row[name]) for name in ("precision", "recall", "f1")), number(row["support"]))
            for row in found["per_class"]
        ]
        write_table("per class", header, rows, right=(1, 2, 3, 4))
        write_confusion(found["classes"], found["confusion_matrix"])
    elif len(found["per_target"]) > 1:
        header = ("target", "mae", "rmse", "r2")
        rows = [(row["target"], *(number(row[name]) for name in header[1:])) for row in found["per_target"]]
        write_table("per target", header, rows, right=(1, 2, 3))
