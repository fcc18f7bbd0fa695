"""`dltool bench [CONFIG]...`: the machine's limits, how close training comes to them, and where the time goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from dltool.bench.machine import measure_machine
from dltool.bench.measuring import check_against, measure
from dltool.bench.results import Result
from dltool.bench.subject import Subject, open_subjects
from dltool.cli.screen.bench_progress import Progress, showing_progress
from dltool.cli.screen.bench_tables import name_of, write_machine, write_profile, write_results, write_torch
from dltool.training.strict_json import to_json


def bench(
    configs: Sequence[Path],
    *,
    overrides: Sequence[str] = (),
    against: str | None = None,
    threads: Sequence[int] = (),
    as_json: bool = False,
) -> None:
    """Measure configs, by default all of `configs/bench`; raises InputError before measuring anything."""
    check_against(against)
    subjects = open_subjects(configs, overrides)
    counts = tuple(dict.fromkeys(threads))
    results: list[Result] = []
    try:
        with showing_progress(len(subjects) * max(1, len(counts))) as progress:
            for result in _measured(subjects, counts, against, progress):
                results.append(result)
    finally:  # results from before an error took minutes to measure
        if results and as_json:
            typer.echo(to_json([result.as_data() for result in results]))
        elif results:
            _write(results, in_detail=len(subjects) == 1)


def _measured(
    subjects: Sequence[Subject], threads: Sequence[int], against: str | None, progress: Progress
) -> Iterator[Result]:
    progress.begin("the machine")
    wanted = [subject.wanted_threads for subject in subjects if subject.wanted_threads]
    machine = measure_machine([*threads, *wanted], lambda what, share: progress.show(f"compiling {what}"))
    for subject in subjects:
        progress.begin(subject.experiment.name)
        for result in measure(subject, threads, machine, against=against, report=progress.show):
            yield result
            progress.advance()


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
            typer.echo(f"note: {name_of(result)}: {note}")
