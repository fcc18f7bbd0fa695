"""`dltool eval CHECKPOINT`: a trained network's metrics, next to baselines, per class or target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from dltool.cli.screen.confusion_matrix import write_confusion
from dltool.cli.screen.table import write_table
from dltool.cli.screen.viewer import choose_viewer
from dltool.distributed.ranks import this_process
from dltool.errors import InputError
from dltool.formatting import metric_title, metrics_line, number, quoted
from dltool.report.sheet import require_png, write_sheet
from dltool.training.assessment import assess
from dltool.training.continuing import hinting_at_moved_data
from dltool.training.devices import device_for_rows
from dltool.training.strict_json import to_json

#: number of misclassified images that are listed
MISTAKES_SHOWN = 10


def evaluate(
    checkpoint: Path,
    data: Sequence[str] = (),
    *,
    part: str | None = None,
    images: Path | None = None,
    overrides: Sequence[str] = (),
    threads: int | None = None,
    device: str = "cpu",
    as_json: bool = False,
) -> None:
    """Evaluate a checkpoint, or the best one of a run, and write the results; misclassified images also to a PNG."""
    if data and part:
        raise InputError("--part refers to the run's own data; leave it out to evaluate other files")
    if images:
        require_png(images)
    moved = hinting_at_moved_data(f"dltool eval {quoted(checkpoint)}")
    with choose_viewer(quiet=False, as_json=as_json) as viewer, moved:
        assessed = assess(
            checkpoint,
            data,
            part=part,
            overrides=overrides,
            threads=threads,
            device=device_for_rows(device),
            report=viewer.note,
            on_compile=viewer.compiling,
        )
    if as_json:
        typer.echo(to_json({**assessed.found, "warnings": viewer.warnings}))
    else:
        _write(assessed.found)
    if images and this_process().writes:
        typer.echo(write_sheet(images, assessed), err=True)


def _write(found: dict[str, Any]) -> None:
    typer.echo(f"{found['checkpoint']}: after epoch {found['epoch']}, step {found['step']:,}")
    where = f"{found['part']} part" if found["part"] else ", ".join(found["data"])
    metrics = metrics_line({"loss": found["loss"], **found["metrics"]}, found["positive_class"])
    typer.echo(f"{where}, {found['rows']:,} rows: {metrics}")
    if threshold := found.get("threshold"):
        typer.echo(f"{threshold['class']} is predicted from a probability of {threshold['probability']:.4g} on")
    typer.echo()
    _write_baselines(found)
    if "classes" in found:
        header = ("class", "precision", "recall", "f1", "rows")
        rows = [
            (row["class"], *(number(row[name]) for name in ("precision", "recall", "f1")), number(row["support"]))
            for row in found["per_class"]
        ]
        write_table("per class", header, rows, right=(1, 2, 3, 4))
        write_confusion(found["classes"], found["confusion_matrix"])
    elif "per_label" in found:
        header = ("label", "precision", "recall", "f1", "rows")
        rows = [
            (row["label"], *(number(row[name]) for name in ("precision", "recall", "f1")), number(row["support"]))
            for row in found["per_label"]
        ]
        write_table("per label", header, rows, right=(1, 2, 3, 4))
    elif len(found.get("per_target", ())) > 1:
        header = ("target", "mae", "rmse", "r2")
        rows = [(row["target"], *(number(row[name]) for name in header[1:])) for row in found["per_target"]]
        write_table("per target", header, rows, right=(1, 2, 3))
    if found.get("mistakes"):
        _write_mistakes(found)
    if "calibration" in found:
        _write_calibration(found["calibration"])


def _write_mistakes(found: dict[str, Any]) -> None:
    """The images that the network is most confidently wrong about."""
    wrong = found["rows"] - sum(row[index] for index, row in enumerate(found["confusion_matrix"]))
    shown = found["mistakes"][:MISTAKES_SHOWN]
    rows = [(one["place"], one["true"], one["predicted"], f"{one['probability']:.1%}") for one in shown]
    title = f"misclassified images, {wrong:,} of {found['rows']:,}; the most confident ones first"
    write_table(title, ("image", "true", "predicted", "probability"), rows, right=(3,))


def _write_baselines(found: dict[str, Any]) -> None:
    """The network's metrics next to those of simpler models."""
    models = found["baselines"]
    if not models:
        return
    rows = [
        (
            metric_title(name, found["positive_class"]),
            number(found["metrics"][name]),
            *(number(metrics[name]) for metrics in models.values()),
        )
        for name in next(iter(models.values()))
    ]
    write_table("against baselines", ("", "network", *models), rows, right=range(1, len(models) + 2))
    if found["remark"]:
        typer.echo(f"note: {found['remark']}\n")


def _write_calibration(found: dict[str, Any]) -> None:
    """The calibration table."""
    rows = [
        (f"{one['low']:.1f}–{one['high']:.1f}", number(one["forecast"]), number(one["true"]), number(one["rows"]))
        for one in found["bins"]
        if one["rows"]
    ]
    error, brier = number(found["expected_calibration_error"]), number(found["brier"])
    title = f"calibration of the {found['forecast']}: expected error {error}, Brier score {brier}"
    write_table(title, ("forecast", "mean", "came true", "answers"), rows, right=(1, 2, 3))
