"""`dltool resume RUN`: continues a stopped run, or trains a finished one longer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import typer

from dltool.cli.commands.train import Trained
from dltool.cli.ending_signals import ending_on_signals
from dltool.cli.screen.viewer import Viewer, choose_viewer
from dltool.cli.typed_config import load_typed
from dltool.cli.watched_training import kept_folders, run_watched, write_outcome
from dltool.config.experiment import Experiment
from dltool.config.loading import dump_yaml, resolved
from dltool.distributed.ranks import this_process
from dltool.errors import InputError
from dltool.formatting import quoted
from dltool.training.checkpoint import Checkpoint
from dltool.training.continuing import check_data, continued, follow_data, hinting_at_moved_data, rebasing
from dltool.training.counters import Counters
from dltool.training.devices import moving
from dltool.training.job import open_job
from dltool.training.judge import Judge
from dltool.training.metrics_log import has_ended
from dltool.training.run_directory import RunDirectory
from dltool.training.saving import LAST, find, load
from dltool.training.strict_json import to_json


def resume(
    run: Path,
    *,
    overrides: Sequence[str] = (),
    debug: bool = False,
    quiet: bool = False,
    as_json: bool = False,
) -> int:
    """Continue the run in directory `run` as if it had never stopped; returns the exit code."""
    directory = RunDirectory.existing(run) if this_process().writes else RunDirectory(run)
    viewer = choose_viewer(quiet=quiet, as_json=as_json)
    with ending_on_signals():
        resumed = resume_run(directory, viewer, overrides, debug=debug)
    if resumed.trained is None:
        _write_complete(resumed, directory, as_json=as_json)
        return 0
    job, _, outcome, code = resumed.trained
    write_outcome(outcome, directory, job, quiet=quiet, as_json=as_json, warnings=viewer.warnings)
    return code


class Resumed(NamedTuple):
    """A run that was continued, or one that is complete: why, and after how many epochs."""

    trained: Trained | None
    reason: str = ""
    epochs: int = 0


def resume_run(directory: RunDirectory, viewer: Viewer, overrides: Sequence[str], *, debug: bool = False) -> Resumed:
    """Continue a run, from its beginning if it has no checkpoint yet."""
    with viewer, hinting_at_moved_data(f"dltool resume {quoted(directory.root)}"):
        ranks = this_process()
        checkpoint = ranks.told(_last(directory, viewer) if ranks.writes else None)
        experiment = continued(checkpoint, overrides) if checkpoint else load_typed(directory.config, overrides)
        complete = _complete(experiment, checkpoint, directory) if checkpoint and ranks.writes else None
        if checkpoint and (reason := ranks.told(complete)):
            return Resumed(None, reason, Counters.from_arrays(checkpoint.trainer).epoch)
        job = open_job(
            experiment,
            [Path(folder) for folder in (checkpoint.folders if checkpoint else kept_folders(directory))],
            starts=checkpoint is None,
            debug=debug,
            on_compile=viewer.compiling,
            watch=viewer.preparing,
        )
        if checkpoint:
            check_data(checkpoint, job)
            for change in (rebasing(checkpoint, job), moving(checkpoint, experiment)):
                if change:
                    viewer.note(change)
        else:
            viewer.note("no checkpoint yet: the run starts from the beginning")
        if overrides and ranks.writes:
            directory.write_config(dump_yaml(resolved(experiment)))
            follow_data(directory, experiment)
        return Resumed(Trained(job, directory, *run_watched(job, directory, viewer, checkpoint)))


def _last(run: RunDirectory, viewer: Viewer) -> Checkpoint | None:
    """The newest checkpoint; None if the run was stopped before its first one."""
    try:
        path = find(run.root, (LAST,))
    except InputError:
        if run.config.is_file():
            return None
        raise
    return load(path, viewer.note)


def _complete(experiment: Experiment, checkpoint: Checkpoint, run: RunDirectory) -> str | None:
    """Why the run has ended, or None if an epoch, an evaluation or the report is missing."""
    reason = Judge(experiment).reason_to_end(Counters.from_arrays(checkpoint.trainer))
    return reason if reason and has_ended(run.metrics) and run.report.exists() else None


def _write_complete(resumed: Resumed, run: RunDirectory, *, as_json: bool) -> None:
    _, reason, epochs = resumed
    if as_json:
        about = {"run": str(run.root), "complete": True, "reason": reason, "epochs": epochs, "report": str(run.report)}
        typer.echo(to_json(about))
        return
    longer = "early_stopping.patience=N" if reason == "early_stopping" else f"train.epochs={2 * epochs}"
    typer.echo(
        f"this run is complete, after {epochs} epochs ({reason}); "
        f"to make it longer: dltool resume {quoted(run.root)} --set {longer}"
    )
