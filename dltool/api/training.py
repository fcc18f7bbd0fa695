"""Training from Python, and the runs that it leaves on disk."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dltool.api.overrides import as_overrides
from dltool.config.experiment import Experiment
from dltool.config.loading import from_mapping, load
from dltool.config.locating import located
from dltool.data.dataset.config_sources import as_typed
from dltool.training.recorded_run import RecordedRun, runs_in
from dltool.training.run_directory import RUNS, RunDirectory

if TYPE_CHECKING:
    from dltool.api.model import Model

PathLike = str | os.PathLike[str]


class Run(RecordedRun):
    """A run on disk: `path`, `config`, `history`, `metrics`, `state` and `report` say what is known about it."""

    def load(self, *, threads: int | None = None) -> Model:
        """The network of its best epoch."""
        from dltool.api.model import load

        return load(self.path, threads=threads)

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.directory.report

    def __repr__(self) -> str:
        return f"<Run {str(self.path)!r}: {self.state} after {len(self.history)} epochs>"


def train(
    config: PathLike | Mapping[str, Any],
    *,
    run_dir: PathLike | None = None,
    init_from: PathLike | None = None,
    threads: int | None = None,
    progress: bool = True,
    **overrides: Any,
) -> Run:
    """Train what a config describes: a YAML file, or a mapping with the same keys.

    `overrides` change the config as `--set` does: `train={"epochs": 3}`, `train__epochs=3`, `loss="mse"`. Mappings are
    merged into the config, everything else replaces what is there. Paths in a mapping and in overrides start from the
    working directory. Raises InputError for a config or data that cannot be used and RunError if training fails. An
    interrupted training is saved before KeyboardInterrupt is raised; `resume` continues it.
    """
    from dltool.cli.commands.train import train_experiment
    from dltool.cli.screen.viewer import choose_viewer
    from dltool.cli.watched_training import write_outcome
    from dltool.training.initial import with_checkpoint

    changes = list(as_overrides(overrides | ({} if threads is None else {"train.threads": threads})))
    viewer = choose_viewer(quiet=False, as_json=not progress)
    with _located(config, changes):
        experiment, folders = _experiment(config, changes)
        experiment = with_checkpoint(experiment, folders, None if init_from is None else Path(init_from))
        trained = train_experiment(experiment, folders, viewer, run_dir=None if run_dir is None else Path(run_dir))
    if progress:
        write_outcome(trained.outcome, trained.run, trained.job, quiet=False, as_json=False, warnings=viewer.warnings)
    _raise_for(trained.code)
    return Run(trained.run)


def resume(run: PathLike | Run, *, progress: bool = True, **overrides: Any) -> Run:
    """Continue a stopped run bit for bit, or train a finished one longer: `resume(run, train__epochs=40)`."""
    from dltool.cli.commands.resume import resume_run
    from dltool.cli.screen.viewer import choose_viewer

    directory = RunDirectory.existing(run.path if isinstance(run, Run) else Path(run))
    viewer = choose_viewer(quiet=False, as_json=not progress)
    resumed = resume_run(directory, viewer, list(as_overrides(overrides)))
    if resumed.trained:
        _raise_for(resumed.trained.code)
    return Run(directory)


def runs(folder: PathLike = RUNS) -> list[Run]:
    """All runs in a folder and below it, by path."""
    return [Run(one.directory) for one in runs_in(Path(folder))]


def _experiment(config: PathLike | Mapping[str, Any], changes: list[str]) -> tuple[Experiment, list[Path]]:
    """The experiment, and the folders that its relative paths start from."""
    if isinstance(config, Mapping):
        experiment, folders = from_mapping(config, changes), [Path()]
    else:
        experiment, folders = load(Path(config), changes), [Path(config).parent]
    return experiment.model_copy(update={"data": as_typed(experiment.data, changes)}), folders


def _located(config: PathLike | Mapping[str, Any], changes: list[str]) -> AbstractContextManager[None]:
    """Adds lines of the file to problems found inside; a mapping has none."""
    return nullcontext() if isinstance(config, Mapping) else located(Path(config), changes)


def _raise_for(code: int) -> None:
    """Raises what a signal would have raised, if one has stopped the training."""
    if code == 128 + signal.SIGINT:
        raise KeyboardInterrupt
    if code:
        raise SystemExit(code)
