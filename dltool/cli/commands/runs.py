"""`dltool runs [FOLDER]`: all runs of a folder in a table, with what differs between their configs."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from dltool.cli.screen.table import write_table
from dltool.config.differences import differing, value_at
from dltool.config.writing import dump_inline
from dltool.data.files.paths import did_you_mean_path
from dltool.data.files.quoting import cut
from dltool.errors import InputError, Problem, did_you_mean
from dltool.formatting import duration, number, plural, scalar_metrics
from dltool.training.recorded_run import RecordedRun, runs_in
from dltool.training.strict_json import to_json

#: columns of the configs that are shown unless others are asked for
DIFFERENCES = 6
_FIXED = ("run", "state", "epochs", "best", "time")
#: known of every run, but shown only if asked for
_HIDDEN = ("name", "began")
_CONDITION = re.compile(r"\s*([^<>=!\s]+)\s*(<=|>=|!=|=|<|>)\s*(.*?)\s*")
_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip

Row = dict[str, Any]


def list_runs(folder: Path, *, sort: str | None, where: Sequence[str], columns: Sequence[str], as_json: bool) -> None:
    """Write the table; raises InputError for a folder without runs, and for columns that no run has."""
    if not folder.is_dir():
        hint = did_you_mean_path(folder) or "; dltool train makes it"
        message = "is a file; name a folder of runs" if folder.exists() else f"no such folder{hint}"
        raise InputError(Problem(message, str(folder)))
    runs = list(runs_in(folder))
    if not runs:
        raise InputError(Problem("there are no runs in this folder or below it", str(folder)))
    rows = [(_row(run, folder), run) for run in runs]
    for condition in where:
        rows = [pair for pair in rows if _meets(condition, pair, rows)]
    if sort:
        name = sort.removeprefix("-")
        _require(name, rows)
        known = [pair for pair in rows if _value(name, pair) is not None]
        known.sort(key=lambda pair: _order(_value(name, pair)), reverse=sort.startswith("-"))
        rows = known + [pair for pair in rows if _value(name, pair) is None]
    for name in columns:
        _require(name, rows)
    different = differing([_config(run) for _, run in rows]) if len(rows) > 1 else []
    different = [key for key in different if not any(isinstance(_value(key, pair), dict | list) for pair in rows)]
    names = list(columns) or [*_shown(rows), *different[:DIFFERENCES]]
    if as_json:
        found = list(dict.fromkeys([*columns] or [*(name for row, _ in rows for name in row), *different]))
        typer.echo(to_json([{name: _value(name, pair) for name in found} for pair in rows]))
        return
    if not rows:
        typer.echo("no run meets these conditions")
        return
    cells = [[_text(name, _value(name, pair)) for name in names] for pair in rows]
    right = [place for place, name in enumerate(names) if isinstance(_value(name, rows[0]), int | float)]
    write_table(f"{plural(len(rows), 'run')} in {folder}", names, cells, right=right)
    if not columns and len(different) > DIFFERENCES:
        others = ", ".join(different[DIFFERENCES : DIFFERENCES + 12])
        typer.echo(f"more that differs: {others}{', …' if len(different) > DIFFERENCES + 12 else ''}  (--columns)")


def _row(run: RecordedRun, folder: Path) -> Row:
    """What is known of a run, by column."""
    place = run.path.relative_to(folder) if run.path != folder else run.path
    name = run.name if _config(run) else ""
    row: Row = {"run": str(place), "name": name, "state": run.state, "epochs": len(run.history)}
    row |= {"best": run.best.get("epoch"), "time": run.seconds}
    row["began"] = datetime.fromtimestamp(run.directory.config.stat().st_mtime).isoformat(" ", "minutes")
    for part, metrics in run.metrics.items():
        row |= {f"{part}.{name}": value for name, value in scalar_metrics(metrics).items()}
    return row


def _shown(rows: Sequence[tuple[Row, RecordedRun]]) -> list[str]:
    """Fixed columns, and the metrics of the part that counts: test, else validation, else train."""
    names = list(dict.fromkeys(name for row, _ in rows for name in row if name not in (*_FIXED, *_HIDDEN)))
    parts = [part for part in ("test", "validation", "train") if any(name.startswith(f"{part}.") for name in names)]
    return [*_FIXED, *(name for name in names if parts and name.startswith(f"{parts[0]}."))]


def _value(name: str, pair: tuple[Row, RecordedRun]) -> Any:
    row, run = pair
    return row[name] if name in row else value_at(_config(run), name)


def _config(run: RecordedRun) -> Mapping[str, Any]:
    try:
        return {key: value for key, value in run.config.items() if key != "name"}
    except InputError:
        return {}


def _require(name: str, rows: Sequence[tuple[Row, RecordedRun]]) -> None:
    """Raises InputError for a column that no run has."""
    if any(_value(name, pair) is not None or name in pair[0] for pair in rows) or not rows:
        return
    known = dict.fromkeys(key for row, _ in rows for key in row)
    hint = did_you_mean(name, known)
    more = "" if hint.endswith("?") else "; and keys of the config, such as train.epochs"
    raise InputError(f"no run has '{name}'; {hint}{more}")


def _meets(condition: str, pair: tuple[Row, RecordedRun], rows: Sequence[tuple[Row, RecordedRun]]) -> bool:
    found = _CONDITION.fullmatch(condition)
    if not found:
        raise InputError(
            f"--where '{condition}': a condition such as validation.accuracy>0.9 or state=finished is expected"
        )
    name, sign, wanted = found.groups()
    _require(name, rows)
    value = _value(name, pair)
    if value is None:
        return sign == "!="
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return _OPERATORS[sign](value, float(wanted))
        except ValueError:
            raise InputError(f"--where '{condition}': '{name}' is a number, '{wanted}' is not") from None
    return _OPERATORS[sign](_text(name, value), wanted)


def _order(value: Any) -> tuple[bool, Any]:
    """Numbers before text."""
    is_number = isinstance(value, int | float)
    return (not is_number, value if is_number else str(value))


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "time":
        return duration(value)
    if isinstance(value, str):
        return value
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else cut(dump_inline(value))
