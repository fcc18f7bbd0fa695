"""What a sweep is to do, checked before anything runs: its config, its space, and whether its folder fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dltool.cli.typed_config import load_typed
from dltool.config.differences import differing
from dltool.config.document import read_document
from dltool.config.experiment import Experiment
from dltool.config.loading import dump_yaml, resolved
from dltool.config.reading import read_config
from dltool.config.sweep import Sweep, as_written
from dltool.errors import InputError, Problem
from dltool.formatting import quoted
from dltool.sweep.checking import checked_space
from dltool.sweep.folder import SWEEPS, SweepFolder
from dltool.sweep.space import Space, changes
from dltool.sweep.study import Study
from dltool.training.initial import with_checkpoint
from dltool.training.judge import Judge
from dltool.training.writing import write_whole


@dataclass(frozen=True)
class Plan:
    """What is to be swept, and where; all of it checked."""

    config: Path
    overrides: Sequence[str]
    experiment: Experiment  # as written
    sweep: Sweep
    space: Space
    folder: SweepFolder
    place: Sequence[str]  # where the folder was chosen: the option

    @property
    def command(self) -> str:
        """The command that goes on with it."""
        return self.command_without()

    def command_without(self, *starts: str) -> str:
        """The same, but for changes of the config that start like these."""
        changes = [f"--set {quoted(change)}" for change in self.overrides if not change.startswith(starts)]
        return " ".join(["dltool sweep", quoted(self.config), *changes, *self.place])

    def variant(self, values: Mapping[str, Any]) -> Experiment:
        """The experiment with the values of a trial."""
        return _experiment(self.config, [*self.overrides, *changes(values)])


def _experiment(config: Path, overrides: Sequence[str]) -> Experiment:
    return with_checkpoint(load_typed(config, overrides), [config.parent], None)


def planned(config: Path, overrides: Sequence[str], sweep_dir: Path | None) -> Plan:
    """Check the config and the folder; raises InputError."""
    experiment = _experiment(config, overrides)
    space = checked_space(config, overrides, experiment)
    assert experiment.sweep is not None
    _require_comparable(experiment)
    folder = SweepFolder(sweep_dir or SWEEPS / experiment.name)
    _require_same(folder, experiment)
    place = [f"--sweep-dir {quoted(sweep_dir)}"] if sweep_dir else []
    return Plan(config, overrides, experiment, experiment.sweep, space, folder, place)


def opened(plan: Plan) -> Study:
    """The study; its folder is made if it does not exist."""
    folder, experiment = plan.folder, plan.experiment
    folder.prepare()
    if not folder.config.exists():
        text = dump_yaml({**resolved(experiment), "sweep": as_written(plan.sweep)})
        write_whole(folder.config, f"# The config of this sweep with every default filled in.\n{text}")
    train, monitor = experiment.train, Judge(experiment).best
    return Study(folder, plan.sweep, plan.space, monitor, epochs=train.epochs, seed=train.seed)


def _require_comparable(experiment: Experiment) -> None:
    """Raises InputError if the metric that decides which epoch is best cannot decide which trial is."""
    monitor, varying = Judge(experiment).best, experiment.sweep.parameters if experiment.sweep else ()
    if monitor.part != "validation":
        message = f"trials are compared by '{monitor.name}', which says nothing about new data; choose another"
        raise InputError(Problem(message, path="train.monitor"))
    if monitor.metric == "loss" and any(key.split(".")[0] == "loss" for key in varying):
        message = "trials are compared by their validation loss, which means something else with each loss"
        raise InputError(Problem(f"{message}; choose a metric: train.monitor", path="sweep"))


def _require_same(folder: SweepFolder, experiment: Experiment) -> None:
    """Raises InputError if the folder holds another sweep: trials of different configs cannot be compared."""
    if not folder.config.exists():
        if folder.root.exists() and not folder.root.is_dir():
            raise InputError(Problem("is a file; choose a directory: --sweep-dir DIR", str(folder.root)))
        if folder.root.is_dir() and any(folder.root.iterdir()):
            hint = "the directory is not empty, and holds no sweep; choose another: --sweep-dir DIR"
            raise InputError(Problem(hint, str(folder.root)))
        return
    before = read_document(read_config(folder.config), str(folder.config)).root.plain()
    assert experiment.sweep is not None
    now = {**resolved(experiment), "sweep": as_written(experiment.sweep)}
    for one in (before, now):
        one["sweep"] = {
            key: value for key, value in one.get("sweep", {}).items() if key not in ("trials", "time", "pruning")
        }
        if one["sweep"].get("method") != "grid":
            one["sweep"].pop("method", None)
        one["train"] = {key: value for key, value in one["train"].items() if key != "threads"}
    if different := differing([before, now]):
        message = (
            f"holds a sweep of another config, which differs in {', '.join(different)}; "
            "choose another directory, --sweep-dir DIR, or remove this one"
        )
        raise InputError(Problem(message, str(folder.root)))
