"""`dltool train CONFIG --folds K`: cross-validation, K trainings that each validate on different rows.

Each fold is a run in its own subdirectory; its resolved config reproduces it alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import typer

from dltool.cli.ending_signals import ending_on_signals
from dltool.cli.screen.table import write_table
from dltool.cli.screen.training_summary import as_data
from dltool.cli.screen.viewer import choose_viewer
from dltool.cli.typed_config import load_typed
from dltool.cli.watched_training import heading_of, run_watched
from dltool.config.data import PARTS
from dltool.config.loading import dump_yaml, resolved
from dltool.distributed.ranks import this_process
from dltool.errors import InputError
from dltool.formatting import duration, metric_title, metrics_line, number, quoted, scalar_metrics
from dltool.training.initial import with_checkpoint
from dltool.training.job import open_job
from dltool.training.run_directory import create, create_folder, refuse_unusable
from dltool.training.strict_json import to_json
from dltool.training.writing import write_whole

#: summary of all folds, next to their directories
FILE = "folds.json"


def train_folds(
    config: Path,
    *,
    folds: int,
    overrides: Sequence[str] = (),
    run_dir: Path | None = None,
    init_from: Path | None = None,
    debug: bool = False,
    quiet: bool = False,
    as_json: bool = False,
) -> int:
    """Train every fold and summarize; returns the exit code. A stop ends all folds; finished ones are kept."""
    if this_process().size > 1:
        raise InputError("--folds trains in one process; leave it out, or start dltool without mpiexec")
    refuse_unusable(run_dir)
    root: Path | None = None
    already_shown: set[str] = set()
    summary: dict[str, Any] = {}
    warnings: list[str] = []
    for fold in range(1, folds + 1):
        with _blaming_folds(folds):
            experiment = load_typed(config, [*overrides, f"data.split.fold={{number: {fold}, of: {folds}}}"])
        experiment = with_checkpoint(experiment, [config.parent], init_from)
        with ending_on_signals(), choose_viewer(quiet=quiet, as_json=as_json, passing=True) as viewer:
            job = open_job(experiment, [config.parent], debug=debug, on_compile=viewer.compiling)
            root = root or create_folder(experiment.name, run_dir)
            run = create(experiment.name, root / f"fold-{fold}", dump_yaml(resolved(experiment)))
            heading = heading_of(job)
            name = f"{heading.name}, fold {fold} of {folds}"
            new = [
                tuple(text for text in texts if text not in already_shown)
                for texts in (heading.notes, heading.warnings)
            ]
            already_shown.update(*new)
            heading = replace(heading, name=name, notes=new[0], warnings=new[1])
            outcome, code = run_watched(job, run, viewer, heading=heading)
        warnings += [f"fold {fold}: {text}" for text in viewer.warnings]
        finished = summary.get("folds", [])
        if code:
            _write_stopped(run.root, finished, as_json=as_json)
            return code
        finished = [*finished, {"fold": fold, **as_data(outcome, run, job.engine.compile_seconds, viewer.warnings)}]
        del job  # free its data before the next fold loads
        summary = _summary(root, folds, finished, warnings)
        write_whole(root / FILE, to_json(summary) + "\n")
        if not quiet and not as_json:
            typer.echo(_fold_line(finished[-1], folds))
    _write(summary, quiet=quiet, as_json=as_json)
    return 0


@contextmanager
def _blaming_folds(folds: int) -> Iterator[None]:
    """Names the option in place of the change to the config that it makes."""
    try:
        yield
    except InputError as error:
        ours = "--set data.split.fold="
        problems = [replace(p, where=f"--folds {folds}") if p.where.startswith(ours) else p for p in error.problems]
        raise InputError(*problems) from None


def _summary(root: Path, folds: int, finished: Sequence[Mapping[str, Any]], warnings: Sequence[str]) -> dict[str, Any]:
    """The outcome of each fold, and mean and sample standard deviation of every defined metric, by part."""
    mean: dict[str, dict[str, float]] = {}
    deviation: dict[str, dict[str, float]] = {}
    for part in PARTS:
        metrics = {name: [one[part][name] for one in finished] for name in scalar_metrics(finished[0][part])}
        known = {name: np.array(values, np.float64) for name, values in metrics.items()}  # NaN where undefined
        known = {name: values[~np.isnan(values)] for name, values in known.items()}
        mean[part] = {name: float(values.mean()) if len(values) else nan for name, values in known.items()}
        if len(finished) > 1:
            deviation[part] = {n: float(values.std(ddof=1)) if len(values) > 1 else nan for n, values in known.items()}
    return {
        "run": str(root),
        "of": folds,
        "folds": list(finished),
        "mean": mean,
        "standard_deviation": deviation,
        "positive_class": finished[0]["positive_class"],
        "warnings": list(warnings),
    }


def _fold_line(fold: Mapping[str, Any], folds: int) -> str:
    metrics = metrics_line(fold["validation"], fold["positive_class"])
    return f"fold {fold['fold']}/{folds}  validation {metrics}  {duration(fold['seconds'])}"


def _write(summary: Mapping[str, Any], *, quiet: bool, as_json: bool) -> None:
    """Write the summary of all folds."""
    mean, deviation = summary["mean"], summary["standard_deviation"]
    names = [(part, name) for part in PARTS[1:] for name in mean[part]]
    titles = {(part, name): f"{part} {metric_title(name, summary['positive_class'])}" for part, name in names}
    spread = {key: f"{number(mean[key[0]][key[1]])} ± {number(deviation[key[0]][key[1]])}" for key in names}
    if as_json:
        typer.echo(to_json(summary))
        return
    if quiet:
        metrics = ", ".join(f"{titles[key]} {spread[key]}" for key in names)
        typer.echo(f"{summary['of']} folds: {metrics} · {Path(summary['run']) / FILE}")
        return
    rows = [(str(one["fold"]), *(number(one[part][name]) for part, name in names)) for one in summary["folds"]]
    header = ("fold", *titles.values())
    typer.echo()
    write_table(
        f"{summary['of']} folds, mean ± standard deviation",
        header,
        rows,
        right=range(len(header)),
        totals=("all", *spread.values()),
    )
    typer.echo(f"folds      {Path(summary['run']) / FILE}")
    typer.echo(f"next       dltool eval {quoted(Path(summary['run']) / 'fold-1')}")


def _write_stopped(run: Path, finished: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Write which fold was stopped."""
    if as_json:
        typer.echo(to_json({"run": str(run.parent), "reason": "signal", "folds": list(finished)}))
        return
    done = f"{len(finished)} fold{'' if len(finished) == 1 else 's'} finished"
    typer.echo(f"stopped by a signal, {done}; to continue this one: dltool resume {quoted(run)}")
