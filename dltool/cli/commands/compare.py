"""`dltool compare RUN RUN…`: metrics of runs side by side, what differs in their configs, their curves on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from dltool.cli.screen.table import write_table
from dltool.config.differences import differing, value_at
from dltool.config.loading import from_resolved
from dltool.config.writing import dump_inline
from dltool.data.files.quoting import cut
from dltool.errors import InputError, Problem
from dltool.formatting import duration, number, scalar_metrics
from dltool.metrics.metric import by_name
from dltool.report.comparison_page import ComparedRun, Comparison, comparison_page
from dltool.training.recorded_run import RecordedRun, runs_in
from dltool.training.run_directory import RunDirectory
from dltool.training.strict_json import to_json
from dltool.training.writing import require_page, write_whole

PAGE = Path("compare.html")
#: runs that have a column each
FEW = 5
#: how a page of ours begins
_OURS = "– dltool</title>"


def compare(paths: Sequence[Path], *, output: Path | None, as_json: bool) -> None:
    """Write the tables and the page; raises InputError for what is no run."""
    runs = _found(paths)
    _require_replaceable(output)
    comparison = _compared(runs)
    page = output or PAGE
    write_whole(page, comparison_page(comparison))
    if as_json:
        typer.echo(to_json(_as_data(comparison, page)))
        return
    _write(comparison, runs)
    typer.echo(f"page       {page}")


def _write(comparison: Comparison, runs: Sequence[RecordedRun]) -> None:
    """The table: a column for each run if they are few, else a row."""
    rows = [("run", *(run.name for run in comparison.runs))]
    rows += [("state", *(run.state for run in comparison.runs))]
    rows += [("epochs", *(str(len(run.epochs)) for run in comparison.runs))]
    rows += [("time", *(duration(run.seconds) for run in runs))]
    for name in comparison.metrics:
        best = comparison.best.get(name, ())
        cells = (number(run.metrics.get(name)) for run in comparison.runs)
        rows += [(name, *(f"* {cell}" if place in best else cell for place, cell in enumerate(cells)))]
    rows += [(key, *(run.values[key] for run in comparison.runs)) for key in comparison.keys]
    if len(runs) > FEW:
        rows = list(zip(*rows, strict=True))
    header, *others = rows
    write_table(f"{len(runs)} runs; * is the best", header, others, right=range(1, len(header)))


def _found(paths: Sequence[Path]) -> list[RecordedRun]:
    """The runs at these paths: directories of runs, or folders with several."""
    runs: dict[Path, RecordedRun] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            runs |= {run.path.resolve(): run for run in _runs_at(path)}
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(*problems)
    if len(runs) < 2:
        raise InputError(
            Problem("one run alone cannot be compared; give at least two, or a folder of runs", str(paths[0]))
        )
    return list(runs.values())


def _runs_at(path: Path) -> list[RecordedRun]:
    """The run in a directory, else all runs below it."""
    directory = RunDirectory.existing(path)
    if directory.config.is_file() and directory.last.parent.is_dir():
        return [RecordedRun(directory)]
    if found := list(runs_in(path)):
        return found
    raise InputError(Problem("there is no run in this folder or below it", str(path)))


def _require_replaceable(output: Path | None) -> None:
    """Raises InputError where the page would replace something else, or cannot be written."""
    page = output or PAGE
    require_page(page)
    if output is None and page.exists() and _OURS not in page.read_text(encoding="utf-8", errors="replace")[:2000]:
        raise InputError(Problem("exists, and is no page of dltool; choose another name: -o FILE", str(page)))


def _compared(runs: Sequence[RecordedRun]) -> Comparison:
    configs = [{key: value for key, value in run.config.items() if key != "name"} for run in runs]
    keys = differing(configs)
    measured = [_metrics(run) for run in runs]
    names = list(dict.fromkeys(name for metrics in measured for name in metrics))
    directions: dict[str, str] = {}
    for run in runs:
        directions |= _directions(run)
    compared = [
        ComparedRun(
            name=str(run.path),
            state=run.state.replace("_", " "),
            epochs=run.history,
            metrics=metrics,
            values={key: _text(value_at(config, key)) for key in keys},
        )
        for run, config, metrics in zip(runs, configs, measured, strict=True)
    ]
    best = {
        name: _best([metrics.get(name) for metrics in measured], directions.get(name.partition(".")[2]))
        for name in names
    }
    return Comparison(compared, sorted(names, key=_part), best, keys)


def _metrics(run: RecordedRun) -> dict[str, float | None]:
    return {
        f"{part}.{name}": value
        for part, metrics in run.metrics.items()
        for name, value in scalar_metrics(metrics).items()
    }


def _part(name: str) -> int:
    """Metrics of the part that counts come first."""
    return ("test", "validation", "train").index(name.partition(".")[0])


def _directions(run: RecordedRun) -> Mapping[str, str]:
    """Whether a higher or a lower value is better, by metric; of the loss alone if the config is no longer valid."""
    known = {"loss": "lower"}
    try:
        metrics = by_name(from_resolved(run.config).metrics)
    except InputError:
        return known
    return known | {name: metric.better for name, metric in metrics.items() if metric.better}


def _best(values: Sequence[float | None], direction: str | None) -> list[int]:
    """The places of the best values; none if all are equal or nobody knows what is better."""
    known = [value for value in values if value is not None]
    if direction is None or len(set(known)) < 2:
        return []
    best = max(known) if direction == "higher" else min(known)
    return [place for place, value in enumerate(values) if value == best]


def _text(value: Any) -> str:
    if isinstance(value, float):
        return number(value)
    return "" if value is None else value if isinstance(value, str) else cut(dump_inline(value))


def _as_data(comparison: Comparison, page: Path) -> dict[str, Any]:
    return {
        "runs": [
            {
                "run": run.name,
                "state": run.state,
                "epochs": len(run.epochs),
                "metrics": run.metrics,
                "config": run.values,
            }
            for run in comparison.runs
        ],
        "page": str(page),
    }
