"""A trained network in Python: predictions, evaluation, and what it was trained on."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dltool.api.predictions import Predictions
from dltool.api.training import PathLike
from dltool.config.experiment import Experiment
from dltool.data.prediction.given import Given
from dltool.data.prediction.given_file import as_file
from dltool.data.prediction.inputs import inputs_of
from dltool.data.readers.outline import Request
from dltool.data.sources.table import Table
from dltool.data.sources.windows import Windows
from dltool.errors import InputError
from dltool.training.assessment import assess
from dltool.training.counters import Counters
from dltool.training.generation import Generator, Sampling
from dltool.training.prediction import Predictions as FilePredictions
from dltool.training.prediction import Predictor, note_unknown
from dltool.training.saving import find
from dltool.training.saving import load as load_checkpoint


def load(run: PathLike, *, threads: int | None = None) -> Model:
    """The network of a run, or of a checkpoint file; raises InputError if there is none that can be read."""
    return Model(Path(run), threads=threads)


class Model:
    """A trained network with everything that prepares its inputs; threads may share it."""

    def __init__(self, run: Path, *, threads: int | None = None):
        self.path = find(run)
        self._notes: list[str] = []
        self._checkpoint = load_checkpoint(self.path, self._notes.append)
        self._threads = threads
        self._predictor = Predictor(self._checkpoint, self.path, threads=threads)
        self._lock = threading.Lock()
        self._given: Given | None = None

    @property
    def _experiment(self) -> Experiment:
        return self._predictor.experiment

    @property
    def name(self) -> str:
        """The name in the config."""
        return self._experiment.name

    @property
    def task(self) -> str:
        """classes, multilabel, numbers, inputs (a reconstruction) or tokens (a language model)."""
        return self._predictor.signature.task

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The classes in the order of their probabilities; None for other tasks."""
        return self._predictor.signature.classes

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of what is predicted."""
        return self._predictor.signature.targets

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that `predict` needs; none for arrays and images."""
        source = self._experiment.data.source
        if isinstance(source, Windows):
            return tuple(
                dict.fromkeys([*source.groups, *filter(None, [source.time]), *source.past, *source.known_ahead])
            )
        return tuple(one.name for one in inputs_of(self._predictor.preprocessing.features))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one sample as the network gets it."""
        return self._predictor.signature.feature_shape

    @property
    def config(self) -> dict[str, Any]:
        """The resolved config."""
        return self._checkpoint.config

    @property
    def epoch(self) -> int:
        """The number of epochs that it was trained for."""
        return Counters.from_arrays(self._checkpoint.trainer).epoch

    def predict(self, data: Any) -> Predictions:
        """Predictions for samples in memory, or for a file or folder whose path is given as a str or Path.

        Rows of a table are a list of dicts, a dict of columns, one dict, or a data frame; texts a list of str. Images
        are a list of paths, bytes, arrays or Pillow images; other samples an array (rows, …). Raises InputError that
        names what cannot be used.
        """
        with self._lock:
            self._predictor.require_rows()
            if isinstance(data, str | os.PathLike):
                return self._of_file(os.fspath(data))
            if isinstance(self._experiment.data.source, Windows):
                with as_file(data) as path:
                    return self._of_file(path)
            if self._given is None:
                self._given = Given(self._experiment.data.source, self._predictor.preprocessing)
            given = self._given
            given.unknown.clear()
            samples = given.samples([given.read(data)])
            return self._predictions([self._predictor.table(samples)], given.unknown)

    def evaluate(self, data: Any = None, *, part: str | None = None) -> dict[str, Any]:
        """Loss, metrics, baselines and more, as `dltool eval --json` writes them.

        By default on the test, validation or training part of the data trained on, whichever exists first. `data` is a
        path, a list of paths, or for tables rows with their targets, as in `predict`.
        """
        notes: list[str] = []
        if data is None or isinstance(data, str | os.PathLike) or _are_paths(data):
            paths = [] if data is None else [data] if isinstance(data, str | os.PathLike) else data
            return self._assessed([os.fspath(path) for path in paths], part, notes)
        if not isinstance(self._experiment.data.source, Table | Windows):
            raise InputError("to evaluate on other data than rows of a table, give the path of its file or folder")
        with as_file(data) as path:
            return {**self._assessed([path], part, notes), "data": []}

    def generate(
        self,
        prompt: str = "",
        *,
        tokens: int = 200,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        seed: int = 0,
    ) -> str:
        """The prompt and what a language model adds to it; raises InputError for other networks."""
        generator = Generator(self._checkpoint, self.path)
        codes, _ = generator.encode(prompt)
        sampling = Sampling(temperature, top_k, top_p, seed)
        added = generator.texts(codes, generator.tokens(codes, tokens, sampling))
        return generator.vocabulary.decode(codes) + "".join(added)

    def _assessed(self, paths: Sequence[str], part: str | None, notes: list[str]) -> dict[str, Any]:
        if paths and part:
            raise InputError("'part' refers to the run's own data; leave it out to evaluate other data")
        found = assess(self.path, paths, part=part, threads=self._threads, report=notes.append).found
        return {**found, "warnings": notes}

    def _of_file(self, path: str) -> Predictions:
        made = FilePredictions(self._predictor, [path], Request(targets=False))
        tables = [table.columns for table in made.tables()]
        if made.problems:
            raise InputError(*made.problems)
        return self._predictions(tables, made.unknown, made.notes)

    def _predictions(self, tables: Sequence[Any], unknown: Any, notes: Sequence[str] = ()) -> Predictions:
        told = [*self._notes, *notes]
        note_unknown(unknown, self._predictor.preprocessing.features, told.append)
        joined = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]} if tables else {}
        return Predictions(joined, self.classes, told)

    def __repr__(self) -> str:
        what = f"{len(self.classes)} classes" if self.classes else ", ".join(self.targets) or self.task
        return f"<Model '{self.name}' of {what}, after epoch {self.epoch}>"


def _are_paths(data: Any) -> bool:
    return isinstance(data, list | tuple) and bool(data) and all(isinstance(one, str | os.PathLike) for one in data)
