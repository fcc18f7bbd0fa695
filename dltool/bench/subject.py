"""The subject of a measurement: a valid config, with the numbers that follow from it alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dltool.bench.work import Work, work_of
from dltool.config.experiment import Experiment
from dltool.config.loading import load
from dltool.config.locating import located
from dltool.data.dataset.opening import read_signature
from dltool.data.store.records import RecordLayout
from dltool.errors import InputError, Problem
from dltool.program.building import build_network
from dltool.program.summary import summarize
from dltool.training.batching import Batching

#: folder of the configs that are measured by default
FOLDER = Path("configs/bench")


@dataclass(frozen=True)
class Subject:
    """A config to measure."""

    path: Path
    overrides: tuple[str, ...]
    experiment: Experiment
    work: Work
    state_bytes: int  # parameters, slots, averages
    arena_bytes: int  # activations, and one thread's scratch memory
    data_bytes: int  # prepared samples of all parts
    parameters: int = 0  # trained ones

    @property
    def wanted_threads(self) -> int | None:
        """Number of threads in the config; None if the engine chooses."""
        wanted = self.experiment.train.threads
        return None if wanted == "auto" else wanted


def open_subjects(paths: Sequence[Path], overrides: Sequence[str]) -> list[Subject]:
    """Load the configs to measure, by default all of `configs/bench`; raises InputError with all their problems."""
    subjects, problems = [], []
    for path in paths or _default_paths():
        try:
            with located(path, overrides):
                subjects.append(_open(path, overrides))
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(*dict.fromkeys(problems))
    return subjects


def _default_paths() -> list[Path]:
    paths = sorted(path for ending in ("*.yaml", "*.yml") for path in FOLDER.glob(ending))
    if not paths:
        raise InputError(Problem(f"no config given, and {FOLDER} has none; name one: dltool bench CONFIG"))
    return paths


def _open(path: Path, overrides: Sequence[str]) -> Subject:
    experiment = load(path, overrides)
    signature = read_signature(experiment.data, [path.parent])
    batching = Batching.of(experiment.train, signature.rows["train"])
    network = build_network(experiment, signature, training=True, rows=batching.largest_batch)
    summary = summarize(network)
    return Subject(
        path=path,
        overrides=tuple(overrides),
        experiment=experiment,
        work=work_of(network),
        state_bytes=summary.state_bytes,
        arena_bytes=summary.activation_bytes,
        data_bytes=sum(signature.rows.values()) * RecordLayout.of(signature).bytes,
        parameters=sum(value.spec.size for value in network.graph.parameters() if not value.frozen),
    )
