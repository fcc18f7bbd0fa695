"""Shared by `train` and `resume`: runs a training with a viewer and writes its outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import typer

from dltool.cli.screen.training_summary import as_data, as_lines, as_one_line
from dltool.cli.screen.viewer import Heading, Viewer
from dltool.errors import DltoolError
from dltool.kernels.bfloat16_unit import bfloat16_unit
from dltool.report.environment import environment, keep, kept
from dltool.report.making import report_after, report_unfinished
from dltool.training.counters import Counters
from dltool.training.divergence import DivergedError
from dltool.training.loop import Trainer
from dltool.training.outcome import Outcome
from dltool.training.signals import stopping_on_signals
from dltool.training.strict_json import to_json

if TYPE_CHECKING:
    from dltool.training.checkpoint import Checkpoint
    from dltool.training.job import Job
    from dltool.training.run_directory import RunDirectory


#: key in environment.json for the data folders of a run without a checkpoint
_FOLDERS = "folders"


def kept_folders(run: RunDirectory) -> list[str]:
    """The data folders of a run, as recorded when it started."""
    return kept(run.environment).get(_FOLDERS, [str(run.root)])


def heading_of(job: Job) -> Heading:
    """The heading that a viewer shows."""
    return Heading(
        name=job.experiment.name,
        epochs=job.experiment.train.epochs,
        threads=job.engine.threads,
        device=job.engine.device_name,
        ranks=job.ranks.size,
        parameters=sum(value.spec.size for value in job.network.graph.parameters()),
        rows={part: len(one) for part, one in job.dataset.parts.items()},
        notes=(*_left_out(job), *_precision(job), *job.start.notes, *job.dataset.notes),
        warnings=(*job.network.warnings, *job.dataset.warnings),
        positive_class=job.positive_class,
    )


def _left_out(job: Job) -> list[str]:
    """A note on the block of the config that a single training does not heed."""
    return ["the block 'sweep' is left aside; to vary its keys: dltool sweep"] if job.experiment.sweep else []


def _precision(job: Job) -> list[str]:
    """A note on what multiplies, where it is not float32."""
    on_processor = job.engine.device_name == "" and not job.engine.debug
    bfloat16 = job.experiment.train.precision == "bfloat16"
    return [f"products in bfloat16: {bfloat16_unit()}"] if bfloat16 and on_processor else []


def run_watched(
    job: Job, run: RunDirectory, viewer: Viewer, checkpoint: Checkpoint | None = None, heading: Heading | None = None
) -> tuple[Outcome, int]:
    """Train from the start or from `checkpoint`; returns the outcome and the exit code: 0, or 128 + signal."""
    viewer.begin(heading or heading_of(job))
    if checkpoint:
        counters = Counters.from_arrays(checkpoint.trainer)
        viewer.say(f"resuming after {counters.epoch} epochs, {counters.step:,} steps")
    found = environment(
        threads=job.engine.threads, device=job.engine.device_name, compile_seconds=job.engine.compile_seconds
    )
    if job.ranks.writes:
        keep({**found, _FOLDERS: job.absolute_folders}, run.environment)
    with stopping_on_signals() as stop:
        stopped = partial(stop.agreed, job.ranks)
        trainer = Trainer(job, run, notify=viewer.show, stop=stopped, checkpoint=checkpoint)
        try:
            outcome = trainer.run()
        except DivergedError:
            _report(job, run, viewer, report_unfinished)
            raise
        _report(job, run, viewer, report_unfinished if outcome.reason == "signal" else report_after)
        return outcome, 128 + stop.signal if outcome.reason == "signal" and stop.signal else 0


def _report(job: Job, run: RunDirectory, viewer: Viewer, write: Callable[[Job, RunDirectory], None]) -> None:
    """Write the run's report; a failure is only a warning."""
    if not job.ranks.writes:
        return
    try:
        run.report.unlink(missing_ok=True)  # a report from an earlier stop is outdated
        write(job, run)
    except Exception as error:
        what = str(error) if isinstance(error, DltoolError) else f"{type(error).__name__}: {error}"
        text = f"the report could not be made: {' '.join(what.split())}"
        viewer.warnings.append(text)
        typer.echo(f"warning: {text}", err=True)


def write_outcome(
    outcome: Outcome, run: RunDirectory, job: Job, *, quiet: bool, as_json: bool, warnings: Sequence[str]
) -> None:
    """Write the outcome to standard output."""
    if as_json:
        typer.echo(to_json(as_data(outcome, run, job.engine.compile_seconds, warnings)))
    elif quiet:
        typer.echo(as_one_line(outcome, run))
    else:
        for line in as_lines(outcome, run):
            typer.echo(line)
