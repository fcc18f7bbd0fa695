"""`dltool bench [CONFIG]...`: the machine's limits, how close training comes to them, and where the rest goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from dltool.bench.machine import measure_machine
from dltool.bench.measuring import check_against, measure
from dltool.bench.results import Result
from dltool.bench.subject import Subject, open_subjects
from dltool.cli.bench_progress import Progress, showing_progress
from dltool.cli.bench_tables import threads_of, write_machine, write_profile, write_results, write_torch
from dltool.training.strict_json import to_json


def bench(
    configs: Sequence[Path],
    *,
    overrides: Sequence[str] = (),
    against: str | None = None,
    threads: Sequence[int] = (),
    as_json: bool = False,
) -> None:
    """Measure configs, all of `configs/bench` by default; raises InputError before anything is measured."""
    check_against(against)
    subjects = open_subjects(configs, overrides)
    counts = tuple(dict.fromkeys(threads))
    with showing_progress(len(subjects) * max(1, len(counts))) as progress:
        results = _measure_all(subjects, counts, against, progress)
    if as_json:
        typer.echo(to_json([result.as_data() for result in results]))
    else:
        _write(results, in_detail=len(subjects) == 1)


def _measure_all(
    subjects: Sequence[Subject], threads: Sequence[int], against: str | None, progress: Progress
) -> list[Result]:
    progress.begin("the machine")
    wanted = [subject.wanted_threads for subject in subjects if subject.wanted_threads]
    machine = measure_machine([*threads, *wanted], lambda kernel: progress.tell(f"compiling {kernel}"))
    results = []
    for subject in subjects:
        progress.begin(subject.experiment.name)
        for result in measure(subject, threads, machine, against=against, tell=progress.tell):
            results.append(result)
            progress.advance()
    return results


def _write(results: Sequence[Result], *, in_detail: bool) -> None:
    write_machine(results[0].machine)
    write_results(results)
    compared = [(result, result.torch) for result in results if result.torch]
    if compared:
        write_torch(compared)
    if in_detail:
        for result in results:
            write_profile(result)
    for result in results:
        for note in result.notes:
            typer.echo(f"note: {result.subject.experiment.name}, {threads_of(result.threads)}: {note}")
