"""`dltool bench --device cuda`: how fast configs train on a GPU, and how PyTorch's forms compare there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from dltool.bench.device import FORMS, DeviceResult, measure_device
from dltool.bench.measuring import check_against
from dltool.bench.subject import open_subjects
from dltool.cli.screen.bench_progress import showing_progress
from dltool.cli.screen.table import write_table
from dltool.formatting import duration, rate
from dltool.training.devices import require_device
from dltool.training.strict_json import to_json


def bench_device(
    configs: Sequence[Path], *, device: str, overrides: Sequence[str] = (), against: str | None, as_json: bool = False
) -> None:
    """Measure configs on a device, by default all of `configs/bench`."""
    check_against(against)
    require_device(device)
    subjects = open_subjects(configs, overrides)
    forms = FORMS[device] if against else ()
    results: list[DeviceResult] = []
    try:
        with showing_progress(len(subjects)) as progress:
            for subject in subjects:
                progress.begin(subject.experiment.name)
                results.append(measure_device(subject, device, forms=forms, report=progress.show))
                progress.advance()
    finally:  # results from before an error took minutes to measure
        if results and as_json:
            typer.echo(to_json([result.as_data() for result in results]))
        elif results:
            _write(results, forms)


def _write(results: Sequence[DeviceResult], forms: Sequence[str]) -> None:
    limits = results[0].limits
    title = (
        f"{limits.name}: products at {limits.peak_gflops / 1e3:,.2f} TFLOP/s ({results[0].precision}), "
        f"memory at {limits.bandwidth_gb_per_s:,.0f} GB/s"
    )
    compared = (*(f"PyTorch {form}" for form in forms), "ratio") if forms else ()
    header = ("config", "batch", "samples/s", "step", "of the peak", "compiling", *compared)
    rows = [
        (
            result.subject.experiment.name,
            str(result.subject.experiment.train.batch_size),
            rate(result.speed.samples_per_s),
            duration(result.step_s),
            f"{result.gflops / result.limits.peak_gflops:.1%}",
            duration(result.compile_s),
            *(rate(result.torch[form].samples_per_s) if form in result.torch else "–" for form in forms),
            *((f"{result.ratio:.2f}" if result.ratio else "–",) if forms else ()),
        )
        for result in results
    ]
    write_table(title, header, rows, right=range(1, len(header)))
    for result in results:
        for note in result.notes:
            typer.echo(f"note: {result.subject.experiment.name}: {note}")
