"""`dltool explain CHECKPOINT`: what a trained network's predictions depend on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import typer

from dltool.cli.screen.table import write_table
from dltool.cli.screen.viewer import Viewer, choose_viewer
from dltool.errors import InputError
from dltool.explanation.importance import Importance
from dltool.explanation.of_checkpoint import ExplainedCheckpoint, explain_checkpoint
from dltool.formatting import metrics_line, number, quoted
from dltool.report.explanation_page import explanation_page
from dltool.training.continuing import hinting_at_moved_data
from dltool.training.devices import device_for_rows
from dltool.training.strict_json import to_json
from dltool.training.writing import require_page, write_whole

#: columns on the screen; the page and --json have all of them
SHOWN = 30
#: seconds without a sign of progress
PATIENCE = 2.0


def explain(
    checkpoint: Path,
    data: Sequence[str] = (),
    *,
    part: str | None,
    rows: int,
    shuffles: int,
    page: Path | None,
    overrides: Sequence[str],
    threads: int | None,
    device: str,
    as_json: bool,
) -> None:
    """Explain a checkpoint, or the best one of a run; only `page` is written."""
    if data and part:
        raise InputError("--part refers to the run's own data; leave it out to look at other files")
    if page:
        require_page(page)
    moved = hinting_at_moved_data(f"dltool explain {quoted(checkpoint)}")
    with choose_viewer(quiet=False, as_json=as_json, passing=True) as viewer, moved:
        made = explain_checkpoint(
            checkpoint,
            data,
            part=part,
            rows=rows,
            shuffles=shuffles,
            overrides=overrides,
            threads=threads,
            device=device_for_rows(device),
            note=viewer.note,
            progress=_after_a_while(viewer),
            on_compile=viewer.compiling,
        )
    if page:
        write_whole(page, explanation_page(made))
    if as_json:
        typer.echo(to_json({**_as_data(made), "page": str(page) if page else None, "warnings": viewer.warnings}))
    else:
        _show(made, checkpoint, page)


def _after_a_while(viewer: Viewer) -> Callable[[float], None]:
    """Shows progress once it has taken some seconds."""
    started = time.monotonic()

    def progress(share: float) -> None:
        if time.monotonic() - started > PATIENCE:
            viewer.preparing("shuffling", share)

    return progress


def _show(made: ExplainedCheckpoint, checkpoint: Path, page: Path | None) -> None:
    found = made.explanation
    typer.echo(f"{made.path}: after epoch {made.epoch}")
    rows = f"{found.rows:,}" if found.rows == made.total else f"{found.rows:,} of {made.total:,}"
    typer.echo(f"{made.where}, {rows} rows: {metrics_line({'loss': found.loss, found.metric: found.value})}")
    typer.echo()
    times = f"shuffled {found.shuffles} times" if found.shuffles > 1 else "shuffled once"
    if found.columns:
        title = f"how much worse predictions get if a column is {times}"
        write_table(title, _header("column", found.metric), [_row(one) for one in found.columns[:SHOWN]], right=RIGHT)
        if len(found.columns) > SHOWN:
            typer.echo(f"{len(found.columns) - SHOWN} more columns matter less\n")
    if found.steps:
        title = f"how much worse predictions get if steps are {times}"
        write_table(title, _header("steps", found.metric), [_row(one) for one in found.steps], right=RIGHT)
    if found.words:
        names = made.predictor.signature.classes or made.predictor.signature.targets
        rows = [(word.word, names[word.answer], f"{word.effect:+.3g}", f"{word.texts:,}") for word in found.words]
        title = "what a prediction loses if a word is left out"
        write_table(title, ("word", "prediction", "effect", "texts"), rows, right=(2, 3))
    if page:
        typer.echo(f"page  {page}")
    else:
        what = "what mattered in single predictions" if found.examples else "partial dependence"
        typer.echo(f"to see {what} on a page: dltool explain {quoted(checkpoint)} -o explanation.html")


#: columns of the table with numbers
RIGHT = (1, 2, 3, 4)


def _header(what: str, metric: str) -> Sequence[str]:
    return what, "loss rises by", "±", f"{metric} gets worse by", "±"


def _row(one: Importance) -> Sequence[str]:
    return one.name, *(number(float(value)) for of in (one.loss, one.metric) for value in (of.mean(), of.std()))


def _as_data(made: ExplainedCheckpoint) -> dict[str, Any]:
    found, signature = made.explanation, made.predictor.signature
    names = list(signature.classes or signature.targets)
    return {
        "checkpoint": str(made.path),
        "epoch": made.epoch,
        "part": made.part,
        "rows": found.rows,
        "shuffles": found.shuffles,
        "loss": found.loss,
        "metric": {"name": found.metric, "value": found.value},
        "columns": [_importance(one) for one in found.columns],
        "steps": [_importance(one) for one in found.steps],
        "dependences": [
            {"column": one.column, "values": _plain(one.values), "predictions": one.predictions.tolist()}
            for one in found.dependences
        ],
        "words": [
            {"word": one.word, "prediction": names[one.answer], "effect": one.effect, "texts": one.texts}
            for one in found.words
        ],
        "predictions": names,
    }


def _importance(one: Importance) -> dict[str, Any]:
    return {
        "name": one.name,
        **{
            name: {"mean": float(values.mean()), "deviation": float(values.std())}
            for name, values in (("loss", one.loss), ("metric", one.metric))
        },
    }


def _plain(values: np.ndarray) -> list[Any]:
    return [str(value) for value in values] if values.dtype.kind == "M" else values.tolist()
