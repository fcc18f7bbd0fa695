"""`dltool train CONFIG`: from a config to a trained network in a run directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dltool.cli.ending_signals import ending_on_signals
from dltool.cli.screen.viewer import choose_viewer
from dltool.cli.typed_config import load_typed
from dltool.cli.watched_training import run_watched, write_outcome
from dltool.config.loading import dump_yaml, resolved
from dltool.training.initial import with_checkpoint
from dltool.training.job import open_job
from dltool.training.run_directory import create, refuse_unusable


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
    refuse_unusable(run_dir)
    viewer = choose_viewer(quiet=quiet, as_json=as_json)
    with ending_on_signals(), viewer:
        job = open_job(
            experiment,
            [config.parent],
            debug=debug,
            on_compile=viewer.compiling,
            watch=viewer.preparing,
        )
        run = create(experiment.name, run_dir, dump_yaml(resolved(experiment)))
        outcome, code = run_watched(job, run, viewer)
    write_outcome(outcome, run, job, quiet=quiet, as_json=as_json, warnings=viewer.warnings)
    return code
