"""`dltool resume RUN`: go on with a run that was stopped, or make a finished one longer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dltool.cli.running import run_watched, tell
from dltool.cli.viewer import choose_viewer
from dltool.config.loading import dump_yaml, resolved
from dltool.errors import InputError, Problem
from dltool.figures import quoted
from dltool.training.continuing import check_data, continued, rebasing
from dltool.training.counters import Counters
from dltool.training.job import open_job
from dltool.training.judge import Judge
from dltool.training.metrics_log import has_ended
from dltool.training.run_directory import RunDirectory
from dltool.training.saving import LAST, find, load


def resume(
    run: Path,
    *,
    overrides: Sequence[str] = (),
    debug: bool = False,
    quiet: bool = False,
    as_json: bool = False,
) -> int:
    """Continue the run in directory `run` as if it had never stopped; returns the exit code."""
    directory = RunDirectory.existing(run)
    viewer = choose_viewer(quiet=quiet, as_json=as_json)
    with viewer:
        checkpoint = load(find(run, (LAST,)), viewer.note)
        experiment = continued(checkpoint, overrides)
        counters = Counters.from_arrays(checkpoint.trainer)
        reason = Judge(experiment).reason_to_end(counters)
        if reason and has_ended(directory.metrics):
            raise InputError(Problem(_complete(reason, counters, run), where=str(run)))
        job = open_job(
            experiment,
            [Path(folder) for folder in checkpoint.folders],
            starts=False,
            debug=debug,
            on_compile=viewer.compiling,
            watch=viewer.preparing,
        )
        check_data(checkpoint, job)
        if change := rebasing(checkpoint, job):
            viewer.note(change)
        if overrides:
            directory.write_config(dump_yaml(resolved(experiment)))
        outcome, code = run_watched(job, directory, viewer, checkpoint)
    tell(outcome, directory, job, quiet=quiet, as_json=as_json, warnings=viewer.warnings)
    return code


def _complete(reason: str, counters: Counters, run: Path) -> str:
    longer = f"train.epochs={2 * counters.epoch}"
    if reason == "early_stopping":
        longer = "early_stopping.patience=N"
    return (
        f"this run is complete, after {counters.epoch} epochs ({reason}); "
        f"to go on: dltool resume {quoted(run)} --set {longer}"
    )
