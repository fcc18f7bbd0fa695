"""Making the page of a run: after its training, from what is in memory, or later, from what is on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from dltool.data.dataset import open_dataset, raw_rows
from dltool.data.signature import Dataset
from dltool.errors import DltoolError
from dltool.program.building import build_network
from dltool.report.content import gather
from dltool.report.measuring import Measured, measure
from dltool.report.page import page
from dltool.training.assessment import chosen_part
from dltool.training.checkpoint import Checkpoint
from dltool.training.counters import Counters
from dltool.training.feeding import ordered
from dltool.training.job import Job
from dltool.training.layout import EpochLayout
from dltool.training.prediction import Predictor
from dltool.training.run_directory import RunDirectory
from dltool.training.saving import find, load

#: bytes of files up to which a training's end is worth a second look at them, for the cells of a few rows
SMALL = 32 << 20

Note = Callable[[str], None]


def report_after(job: Job, run: RunDirectory, note: Note, *, stopped: bool) -> None:
    """Write the page of a run whose training has just ended; one that was `stopped` is not measured, to end soon."""
    path = find(run.root)
    checkpoint = load(path, note)
    measured = None
    if not stopped:
        predictor = Predictor(checkpoint, path, threads=job.engine.threads, debug=job.engine.debug)
        measured = partial(_measured, predictor, checkpoint, job.dataset, job.folders, note, most=SMALL)
    content = gather(run, job.experiment, checkpoint, job.dataset, job.network, measured)
    _write(page(content), run.report)


def report_again(target: Path, note: Note, on_compile: Callable[[str], None] | None = None) -> Path:
    """Write the page of a run from its directory and its data; gives its place.

    Raises InputError where there is no run, or where its data is not what it was.
    """
    run = RunDirectory(target)
    path = find(target)
    checkpoint = load(path, note)
    predictor = Predictor(checkpoint, path, on_compile=on_compile)
    experiment, folders = predictor.experiment, [Path(folder) for folder in checkpoint.folders]
    dataset = open_dataset(experiment.data, folders, checkpoint.preprocessing)
    if dataset.fingerprint != checkpoint.fingerprint:
        note("the data has changed since the training: parts may hold rows that were trained on")
    train, part = experiment.train, dataset.parts["train"]
    rows = EpochLayout(len(part), train.batch_size, train.accumulate, train.last_batch).largest_batch
    network = build_network(ordered(experiment, part), dataset.signature, training=True, rows=rows)
    measured = partial(_measured, predictor, checkpoint, dataset, folders, note)
    _write(page(gather(run, experiment, checkpoint, dataset, network, measured)), run.report)
    return run.report


def _measured(
    predictor: Predictor,
    checkpoint: Checkpoint,
    dataset: Dataset,
    folders: Sequence[Path],
    note: Note,
    counters: Counters,
    *,
    most: int | None = None,
) -> Measured:
    """All figures, and the worst examples with their cells where files have no more than `most` bytes."""
    part = chosen_part(predictor.experiment)
    measured = measure(predictor, checkpoint, dataset.parts[part], part, counters.epoch, note)
    try:
        rows = [example.row for example in measured.worst]
        found = raw_rows(predictor.experiment.data, folders, dataset.preprocessing, part, rows, most=most)
    except DltoolError:  # the files may be gone by now: what is in memory tells enough
        return measured
    if found is None:
        return measured
    worst = [replace(example, place=one.place, cells=one.cells) for example, one in zip(measured.worst, found, strict=True)]
    return replace(measured, worst=worst)


def _write(text: str, path: Path) -> None:
    """Whole or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
