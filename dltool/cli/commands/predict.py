"""`dltool predict CHECKPOINT DATA...`: predictions for new samples, as a table."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

import numpy as np
import typer

from dltool.cli.ending_signals import ending_on_signals
from dltool.cli.screen.table import write_table
from dltool.cli.screen.viewer import compiled
from dltool.config.columns import clean_name
from dltool.data.readers.outline import Bad, Request
from dltool.errors import InputError, Problem
from dltool.formatting import duration, rate
from dltool.training.devices import device_for_rows
from dltool.training.prediction import Predicted, Predictions, Predictor, note_bad, note_imputed, note_unknown
from dltool.training.prediction_file import PredictionFile
from dltool.training.saving import find, load

#: limits of rows, columns and characters per cell on a terminal
ROWS_SHOWN = 10
COLUMNS_SHOWN = 12
LONGEST = 24
BAR_WIDTH = 24
#: number of unreadable files above which their count is shown
MANY_PROBLEMS = 10


def predict(
    checkpoint: Path,
    data: Sequence[str],
    *,
    out: Path | None = None,
    keep: Sequence[str] = (),
    keep_all: bool = False,
    bad: Bad = "refuse",
    threads: int | None = None,
    device: str = "cpu",
) -> int:
    """Predict all samples of files or folders, into a file or a pipe; on a terminal only the first rows."""
    path = find(checkpoint)
    if out and out.resolve() in [Path(name).resolve() for name in (path, *data)]:
        raise InputError(Problem("is an input; choose another output file", str(out)))
    with ending_on_signals():
        target = PredictionFile(out)
        chosen = device_for_rows(device)
        predictor = Predictor(load(path, _note), path, threads=threads, device=chosen, on_compile=_Compiling())
        request = Request(targets=False, keep=tuple(map(clean_name, keep)), keep_all=keep_all, bad=bad, tolerant=True)
        predictions = Predictions(predictor, data, request)
        if out is None and sys.stdout.isatty():
            with closing(predictions.tables()) as tables:
                _show(next(tables), others=len(predictions.sources) - 1)
        else:
            _write(predictions, target, out)
    note_bad(predictions.bad, predictions.skipped > 0, _note)
    return _write_messages(predictions, predictor)


def _write(predictions: Predictions, target: PredictionFile, out: Path | None) -> None:
    started, rows = time.monotonic(), 0
    with _Bar() as bar, target:
        for table in predictions.tables():
            target.add(table.columns, table.types)
            rows += len(next(iter(table.columns.values())))
            bar.update(table, rows / (time.monotonic() - started))
    if out:
        seconds = time.monotonic() - started
        typer.echo(
            f"{rows:,} row{'' if rows == 1 else 's'} → {out}  ({duration(seconds)}, {rate(rows / seconds)}rows/s)"
        )


def _write_messages(predictions: Predictions, predictor: Predictor) -> int:
    """Write notes and problems; returns the exit code, 1 if some samples could not be predicted."""
    for text in predictions.notes:
        _note(text)
    note_unknown(predictions.unknown, predictor.preprocessing.features, _note)
    note_imputed(predictions.imputed, _note)
    for problem in predictions.problems:
        typer.echo(f"error: {problem}", err=True)
    if len(predictions.problems) > MANY_PROBLEMS:
        typer.echo(f"error: {len(predictions.problems):,} samples could not be predicted", err=True)
    return 1 if predictions.problems else 0


def _show(table: Predicted, others: int) -> None:
    """Show the first rows on a terminal; `others` is the number of files not shown."""
    names = list(table.columns)[:COLUMNS_SHOWN]
    columns = [_cells(table.columns[name][:ROWS_SHOWN]) for name in names]
    right = [index for index, name in enumerate(names) if table.columns[name].dtype != object]
    rows = [list(row) for row in zip(*columns, strict=True)]
    write_table("predictions", [_cell(name) for name in names], rows, right=right)
    left_out = {"rows": table.rows - len(rows), "columns": len(table.columns) - len(names), "files": others}
    if more := " and ".join(
        f"{count:,} more {what if count > 1 else what[:-1]}" for what, count in left_out.items() if count
    ):
        typer.echo(f"{more}; to write everything to a file: -o predictions.csv")


def _cells(values: np.ndarray) -> list[str]:
    """The cells of one column; numbers have four digits more than they share."""
    if values.dtype.kind != "f":
        return [_cell(value) for value in values.tolist()]
    spread = np.ptp(values) or 1.0
    common = max(0, int(np.log10(max(1.0, np.abs(values).max() / spread)))) if np.isfinite(spread) else 0
    return [f"{value:.{min(17, 4 + common)}g}" for value in values.tolist()]


def _cell(value: object) -> str:
    text = "" if value is None else " ".join(str(value).splitlines())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


class _Bar:
    """A progress line on standard error, if that is a terminal."""

    def __enter__(self) -> Self:
        self._write("reading …")
        return self

    def __exit__(self, *_: object) -> None:
        self._write("")

    def update(self, table: Predicted, speed: float) -> None:
        """Show the progress."""
        filled = BAR_WIDTH * table.done // table.rows
        bar = "━" * filled + "╌" * (BAR_WIDTH - filled)
        self._write(f"{bar} {table.done:,}/{table.rows:,} · {rate(speed)}rows/s")

    def _write(self, text: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[2K{text}")
            sys.stderr.flush()


class _Compiling:
    """Reports once that kernels are being compiled."""

    _said = False

    def __call__(self, what: str, share: float | None) -> None:
        if not self._said:
            typer.echo(f"compiling {compiled(what)} …", err=True)
        self._said = True


def _note(text: str) -> None:
    typer.echo(f"note: {text}", err=True)
