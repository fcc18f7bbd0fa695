"""`dltool train CONFIG`: from a config to a trained network in a run directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dltool.cli.ending_signals import ending_on_signals
from dltool.cli.screen.viewer import Viewer, choose_viewer
from dltool.cli.typed_config import load_typed
from dltool.cli.watched_training import run_watched, write_outcome
from dltool.config.experiment import Experiment
from dltool.config.loading import dump_yaml, resolved
from dltool.distributed.ranks import this_process
from dltool.training.initial import with_checkpoint
from dltool.training.job import Job, open_job
from dltool.training.outcome import Outcome
from dltool.training.ranks import with_shards
from dltool.training.run_directory import RunDirectory, create, refuse_unusable


def train(
    config: Path,
    *,
    overrides: Sequence[str] = (),
    run_dir: Path | None = None,
    init_from: Path | None = None,
    debug: bool = False,
    quiet: bool = False,
    as_json: bool = False,
) -> int:
    """Train what `config` describes; returns the exit code. Nothing is written before everything has been checked."""
    experiment = with_checkpoint(load_typed(config, overrides), [config.parent], init_from)
    viewer = choose_viewer(quiet=quiet, as_json=as_json)
    with ending_on_signals():
        trained = train_experiment(experiment, [config.parent], viewer, run_dir=run_dir, debug=debug)
    write_outcome(trained.outcome, trained.run, trained.job, quiet=quiet, as_json=as_json, warnings=viewer.warnings)
    return trained.code


class Trained(NamedTuple):
    """A training that has ended, and the exit code: 0, or 128 + signal."""

    job: Job
    run: RunDirectory
    outcome: Outcome
    code: int


def train_experiment(
    experiment: Experiment,
    folders: Sequence[Path],
    viewer: Viewer,
    *,
    run_dir: Path | None = None,
    debug: bool = False,
) -> Trained:
    """Train an experiment whose relative paths start from one of `folders`."""
    ranks = this_process()
    experiment = with_shards(experiment, ranks)
    if ranks.writes:
        refuse_unusable(run_dir)
    with viewer:
        job = open_job(experiment, folders, debug=debug, on_compile=viewer.compiling, watch=viewer.preparing)
        run = ranks.told(create(experiment.name, run_dir, dump_yaml(resolved(experiment))) if ranks.writes else None)
        assert run
        return Trained(job, run, *run_watched(job, run, viewer))
