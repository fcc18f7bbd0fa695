"""Makes the report of a run: after training, from memory, or later, from disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dltool.data.dataset.dataset import Dataset
from dltool.data.dataset.opening import open_dataset
from dltool.errors import InputError
from dltool.explanation.explaining import Explanation, explain, work
from dltool.program.building import build_network
from dltool.report.content import gather
from dltool.report.measuring import Measured, measure
from dltool.report.page import page
from dltool.training.baselines import spread_rows
from dltool.training.batching import Batching
from dltool.training.checkpoint import Checkpoint
from dltool.training.continuing import CHANGED, relocated
from dltool.training.counters import Counters
from dltool.training.examples import SMALL, found_again
from dltool.training.feeding import order_of_program
from dltool.training.job import Job
from dltool.training.measured_rows import chosen_part
from dltool.training.prediction import Predictor
from dltool.training.run_directory import RunDirectory
from dltool.training.saving import find, load
from dltool.training.writing import write_whole

Note = Callable[[str], None]

#: of the explanation in a report: shuffles of each column, rows, fewest rows, multiplications and additions
SHUFFLES, ROWS, FEWEST, CHEAP = 5, 1000, 64, 2e10


def report_after(job: Job, run: RunDirectory) -> None:
    """Write the report of a run whose training has just ended, after evaluating its best checkpoint."""
    path = find(run.root)
    checkpoint = load(path, _ignore)
    device = replace(job.device, joined=False)  # only one rank makes it
    predictor = Predictor(checkpoint, path, threads=job.engine.threads, debug=job.engine.debug, device=device)
    measured = _measured(predictor, checkpoint, job.dataset, job.folders, _ignore, most=SMALL)
    explained = _explained(predictor, job.dataset, measured.part)
    _write(run, job, Counters.from_arrays(checkpoint.trainer), measured, explained)


def report_unfinished(job: Job, run: RunDirectory) -> None:
    """Write the report of a run that was stopped or failed, quickly and without an evaluation."""
    counters = Counters()
    with suppress(InputError):  # there may be no checkpoint yet
        counters = Counters.from_arrays(load(find(run.root), _ignore).trainer)
    _write(run, job, counters, None, None)


def report_again(
    run: RunDirectory,
    note: Note,
    on_compile: Callable[[str, float | None], None] | None = None,
    overrides: Sequence[str] = (),
) -> Path:
    """Write the report of a run from its directory and its data; returns its path.

    Raises InputError if there is no checkpoint, or no data that fits it.
    """
    path = find(run.root)
    checkpoint = relocated(load(path, note), overrides)
    predictor = Predictor(checkpoint, path, on_compile=on_compile)
    experiment, folders = predictor.experiment, [Path(folder) for folder in checkpoint.folders]
    dataset = open_dataset(experiment.data, folders, checkpoint.preprocessing)
    if dataset.fingerprint != checkpoint.fingerprint:
        note(f"{CHANGED}: its parts are drawn anew, and those not trained on may contain training rows")
    measured = _measured(predictor, checkpoint, dataset, folders, note)
    train, part = experiment.train, dataset.parts["train"]
    rows = Batching.of(train, len(part)).largest_batch
    order = order_of_program(experiment, part)
    network = build_network(experiment, dataset.signature, training=True, rows=rows, order=order)
    counters = Counters.from_arrays(checkpoint.trainer)
    explained = _explained(predictor, dataset, measured.part)
    write_whole(run.report, page(gather(run, experiment, dataset, network, counters, measured, explained)))
    return run.report


def _ignore(text: str) -> None:
    """Drop messages that the training has already shown."""


def _measured(
    predictor: Predictor,
    checkpoint: Checkpoint,
    dataset: Dataset,
    folders: Sequence[Path],
    note: Note,
    *,
    most: int | None = None,
) -> Measured:
    """All metrics, and the worst examples with their cells if the files have at most `most` bytes."""
    part, epoch = chosen_part(predictor.experiment), Counters.from_arrays(checkpoint.trainer).epoch
    measured = measure(predictor, checkpoint, dataset.parts[part], part, epoch, note)
    data = predictor.experiment.data
    return replace(measured, worst=found_again(measured.worst, data, folders, dataset.preprocessing, part, most=most))


def _explained(predictor: Predictor, dataset: Dataset, part: str) -> Explanation | None:
    """An explanation if it takes about a second at most; fewer rows and shuffles than `dltool explain` takes."""
    if predictor.signature.task in ("tokens", "inputs"):
        return None
    each, of_examples = work(predictor, SHUFFLES)
    rows = min(len(dataset.parts[part]), ROWS, int((CHEAP - of_examples) / max(1.0, each)))
    if rows < min(FEWEST, len(dataset.parts[part])) or rows < 2:
        return None
    return explain(predictor, spread_rows(dataset.parts[part], rows), shuffles=SHUFFLES)


def _write(
    run: RunDirectory, job: Job, counters: Counters, measured: Measured | None, explained: Explanation | None
) -> None:
    write_whole(run.report, page(gather(run, job.experiment, job.dataset, job.network, counters, measured, explained)))
