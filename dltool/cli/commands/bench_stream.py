"""`dltool bench --stream`: what it costs to read samples from disk instead of memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from dltool.bench.streaming import Side, Streaming, measure_streaming
from dltool.bench.subject import open_subjects
from dltool.cli.screen.bench_progress import showing_progress
from dltool.cli.screen.table import write_table
from dltool.config.amounts import amount
from dltool.formatting import duration, plural, rate
from dltool.training.strict_json import to_json


def bench_streaming(
    configs: Sequence[Path], *, overrides: Sequence[str] = (), threads: Sequence[int] = (), as_json: bool = False
) -> None:
    """Measure configs with their data in memory and read from disk."""
    subjects = open_subjects(configs, overrides)
    results: list[Streaming] = []
    with showing_progress(len(subjects) * max(1, len(threads))) as progress:
        for subject in subjects:
            for count in threads or (None,):
                progress.begin(subject.experiment.name)
                results.append(measure_streaming(subject, count, progress.show))
                progress.advance()
    if as_json:
        typer.echo(to_json([result.as_data() for result in results]))
    else:
        for result in results:
            _write(result)


def _write(result: Streaming) -> None:
    threads = plural(result.threads, "thread")
    title = (
        f"{result.subject.experiment.name} on {threads}: {amount(result.subject.data_bytes)} of samples, "
        f"of which {amount(result.memory_bytes)} may be in memory"
    )
    header = ("samples", "preparing", "start-up", "first epoch", "epoch", "samples/s", "peak memory")
    rows = [_row("in memory", result.in_memory), _row("from disk", result.streamed)]
    shares = ("share of the rate", "", "", f"{result.share_of_first_rate:.1%}", "", f"{result.share_of_rate:.1%}", "")
    write_table(title, header, rows, right=range(1, len(header)), totals=shares)


def _row(name: str, side: Side) -> tuple[str, ...]:
    times = (side.prepare_s, side.start_s, side.first_epoch_s, side.epoch_s)
    return name, *map(duration, times), rate(side.samples_per_s), amount(round(side.peak_bytes))
