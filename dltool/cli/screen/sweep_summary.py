"""What a sweep says at its end: its best trials in a table, what they gained, what mattered; or all of it as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import typer

from dltool.cli.screen.table import write_table
from dltool.formatting import duration, metrics_line, number, plural
from dltool.report.sweep_page import SweepContent, TrialContent
from dltool.sweep.space import shown

#: trials in the table; the page has all
SHOWN = 15
#: keys in the list of what mattered, and the smallest share that is worth a line
KEYS, LEAST_SHARE = 5, 0.01


def write_summary(content: SweepContent) -> None:
    """The table and the lines below it."""
    if content.trials:
        _write_trials(content)
    if best := content.best:
        first = content.trials[0]
        place = f"{content.folder}/trial-{best.number:03d}"
        typer.echo(f"best       trial {best.number}, {content.metric} {number(best.value)}, {place}")
        if first.complete and best is not first:
            gain = best.value - first.value
            sign = "+" if gain > 0 else "−"
            typer.echo(f"as written trial 0, {content.metric} {number(first.value)} ({sign}{number(abs(gain))})")
    if content.test:
        typer.echo(f"test       {metrics_line(content.test)}  (the best trial only)")
    for key, share in list(content.importances.items())[:KEYS]:
        if share >= LEAST_SHARE:
            typer.echo(f"mattered   {share:4.0%}  {key}")


def one_line(content: SweepContent, config: str) -> str:
    """What came out, in a line."""
    ended = sum(trial.ending != "unfinished" for trial in content.trials)
    best = content.best
    found = f"trial {best.number}: {content.metric} {number(best.value)} · {config}" if best else "none is complete"
    return f"{ended} trials · {found}"


def as_data(content: SweepContent) -> dict[str, Any]:
    """What came out, as plain data."""
    best = content.best
    return {
        "sweep": content.folder,
        "monitor": content.metric,
        "best": best and {"trial": best.number, "value": best.value, "values": best.values},
        "test": content.test or None,
        "importances": content.importances,
        "trials": [
            {
                "trial": trial.number,
                "state": trial.ending,
                "value": trial.value,
                "epochs": trial.epochs,
                "seconds": trial.seconds,
                "message": trial.message,
                "values": trial.values,
            }
            for trial in content.trials
        ],
    }


def _write_trials(content: SweepContent) -> None:
    keys = list(dict.fromkeys(key for trial in content.trials for key in trial.values))
    header = ["trial", content.metric, "epochs", "time", "ended", *keys]
    rows = [_cells(trial, keys) for trial in content.ranked[:SHOWN]]
    count = len(content.trials)
    title = plural(count, "trial") + (f", the best {SHOWN}" if count > SHOWN else "")
    write_table(title, header, rows, right=[0, 1, 2, 3])


def _cells(trial: TrialContent, keys: Sequence[str]) -> list[str]:
    values = [shown(trial.values[key]) if key in trial.values else "" for key in keys]
    ended = "as written" if trial.number == 0 and trial.complete else trial.ending
    seconds = duration(trial.seconds) if trial.seconds else ""
    return [str(trial.number), number(trial.value), str(trial.epochs), seconds, ended, *values]
