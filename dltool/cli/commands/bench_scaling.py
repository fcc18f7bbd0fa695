"""`dltool bench --ranks N --network SPEED`: the speed that many processes would reach, with what it is based on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from dltool.bench.scaling import (
    ADDED,
    HIDING,
    LATENCY,
    USABLE,
    Measured,
    Prediction,
    bytes_per_second,
    measure_steps,
    predict_speed,
)
from dltool.bench.subject import open_subjects
from dltool.cli.screen.bench_progress import showing_progress
from dltool.cli.screen.table import write_table
from dltool.config.amounts import amount
from dltool.formatting import duration, plural, rate
from dltool.program.parcels import parcel_count
from dltool.training.strict_json import to_json


def bench_scaling(
    configs: Sequence[Path], *, ranks: int, network: str, overrides: Sequence[str] = (), as_json: bool = False
) -> None:
    """Measure steps on one process and write what more of them would reach."""
    speed = bytes_per_second(network)
    subjects = open_subjects(configs, overrides)
    found: list[tuple[str, Measured, list[Prediction]]] = []
    with showing_progress(len(subjects)) as progress:
        for subject in subjects:
            progress.begin(subject.experiment.name)
            measured = measure_steps(subject, progress.show)
            found.append((subject.experiment.name, measured, list(predict_speed(measured, ranks, speed))))
            progress.advance()
    if as_json:
        typer.echo(to_json([_as_data(*one) for one in found]))
        return
    for name, measured, predictions in found:
        _write(name, measured, predictions, network)


def _as_data(name: str, measured: Measured, predictions: Sequence[Prediction]) -> dict[str, Any]:
    rows = [{**asdict(one), "samples_per_s": one.samples_per_s} for one in predictions]
    return {"name": name, "measured": asdict(measured), "predicted": rows}


def _write(name: str, measured: Measured, predictions: Sequence[Prediction], network: str) -> None:
    threads = plural(measured.threads, "thread")
    header = ("processes", "rows each", "compute", "exchange", "samples/s", "efficiency")
    rows = [
        (
            f"{one.ranks:,}",
            f"{one.rows:,}",
            duration(one.compute),
            duration(one.exchange) if one.ranks > 1 else "",
            rate(one.samples_per_s),
            f"{one.efficiency:.0%}",
        )
        for one in predictions
    ]
    title = f"{name}: predicted steps of {measured.batch:,} rows, on processes of {threads}"
    write_table(title, header, rows, right=range(len(header)))
    parcels = parcel_count(measured.parameter_bytes)
    assumptions = [
        f"measured here: a step takes {measured.fixed * 1e3:.3g} ms and {measured.per_row * 1e6:.3g} µs for each row",
        f"each process sends and receives 2 · (n − 1) / n of {amount(measured.parameter_bytes)}, "
        f"at {USABLE:.0%} of {network} a second",
        f"{LATENCY * 1e6:.0f} µs for each message, of which 2 · (n − 1) carry each of "
        f"{plural(parcels, 'parcel')}; {amount(round(ADDED))} of gradients added a second",
        "the machines are like this one",
    ]
    if parcels > 1:
        assumptions.append(f"all parcels but the last travel while the last {HIDING:.0%} of a step is computed")
    for text in assumptions:
        typer.echo(f"  {text}")
    typer.echo()
