"""One network that is served: its checkpoint, what it takes, and its answers."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dltool.data.prediction.given import Given, rows_in
from dltool.data.prediction.given_arrays import GivenImages
from dltool.data.prediction.given_file import as_file
from dltool.data.prediction.inputs import Input, inputs_of
from dltool.data.readers.outline import Request
from dltool.data.sources.windows import Windows
from dltool.data.tables.reader import GO_ON
from dltool.errors import InputError, Problem
from dltool.training.checkpoint import Checkpoint
from dltool.training.prediction import Predictions, Predictor
from dltool.training.saving import find, load

#: columns of predictions by name
Table = dict[str, np.ndarray]


@dataclass(frozen=True)
class Stamp:
    """Tells whether a checkpoint file is still the same."""

    path: Path
    inode: int
    changed: int  # nanoseconds

    @classmethod
    def of(cls, target: Path) -> Stamp:
        """The stamp of the checkpoint that a run or a path stands for now; zeros if there is no such file."""
        path = find(target)
        about = path.stat() if path.exists() else None
        return cls(path, about.st_ino if about else 0, about.st_mtime_ns if about else 0)


class Served:
    """A network under a name; only one thread at a time may ask it."""

    def __init__(self, name: str, target: Path, *, threads: int = 1):
        """Raises InputError for a checkpoint that cannot be read, and for a language model."""
        self.target, self.stamp, self._threads = target, Stamp.of(target), threads
        checkpoint = load(self.stamp.path, _ignore)
        self.name: str = name or checkpoint.config["name"]
        self._predictor = _predictor(checkpoint, self.stamp.path, threads)
        self._source, preprocessing = self._predictor.experiment.data.source, self._predictor.preprocessing
        self._given = None if isinstance(self._source, Windows) else Given(self._source, preprocessing)
        self.inputs: Sequence[Input] = inputs_of(preprocessing.features)
        if isinstance(self._source, Windows):
            self.inputs = _columns(self._source)
        signature = self._predictor.signature
        self.task, self.classes, self.targets = signature.task, signature.classes, signature.targets
        self.shape, self.dtype = signature.feature_shape, signature.feature_dtype
        self.unknown: Counter[str] = Counter()  # cells with values not seen in training, by column

    def again(self) -> Served:
        """The network that the checkpoint holds now, under the same name; raises InputError if it cannot be read."""
        return Served(self.name, self.target, threads=self._threads)

    @property
    def kind(self) -> Literal["rows", "texts", "images", "arrays", "windows"]:
        """What the samples are."""
        if self._given is None:
            return "windows"
        if isinstance(self._given.reader, GivenImages):
            return "images"
        if not self.inputs:
            return "arrays"
        return "texts" if [one.kind for one in self.inputs] == ["text"] else "rows"

    @property
    def resized(self) -> bool:
        """Whether images of any size are taken."""
        return self._given is not None and isinstance(self._given.reader, GivenImages) and self._given.reader.resized

    @property
    def batched(self) -> bool:
        """Whether samples of several requests can be predicted together."""
        return self._given is not None

    def tables(self, requests: Sequence[Any]) -> list[Table | InputError]:
        """The predictions for the samples of each request, or what is wrong with them: as for each request alone."""
        assert self._given is not None
        if len(requests) > 1:
            with suppress(InputError):
                together = self._given.read_together(requests)
                return [*_divided(self._table([together]), list(map(len, requests)))]
        return self._read_singly(requests)

    def _read_singly(self, requests: Sequence[Any]) -> list[Table | InputError]:
        """The same, where a request needs a closer look."""
        assert self._given is not None
        found: dict[int, Any] = {}
        answers: dict[int, Table | InputError] = {}
        for place, rows in enumerate(requests):
            try:
                found[place] = self._given.read(rows)
            except InputError as error:
                answers[place] = error
        if found:
            try:
                parts = list(found.values())
                answers |= zip(found, _divided(self._table(parts), list(map(rows_in, parts))), strict=True)
            except InputError as error:  # an encoder refuses a cell
                if len(requests) == 1:
                    return [error]
                answers |= {place: self._read_singly([requests[place]])[0] for place in found}
        return [answers[place] for place in range(len(requests))]

    def _table(self, parts: Sequence[Any]) -> Table:
        assert self._given is not None
        samples = self._given.samples(parts)
        self._count_unknown(self._given.unknown)
        return self._predictor.table(samples)

    def table_of_rows(self, rows: Any) -> Table:
        """The forecast that goes on where the rows of a table end."""
        with as_file(rows) as path:
            return self._of_file(path)

    def table_of_file(self, content: bytes, ending: str) -> Table:
        """The predictions for the content of a file, such as ".csv"; problems name lines of the body."""
        with tempfile.TemporaryDirectory(prefix="dltool-") as folder:
            path = Path(folder) / f"body{ending}"
            path.write_bytes(content)
            try:
                return self._of_file(str(path))
            except InputError as error:
                raise InputError(*(_in_body(problem, str(path)) for problem in error.problems)) from None

    def _of_file(self, path: str) -> Table:
        predictions = Predictions(self._predictor, [path], Request(targets=False))
        tables = [one.columns for one in predictions.tables()]
        if predictions.problems:
            raise InputError(*predictions.problems)
        if not tables:
            raise InputError(Problem("there are no rows", path))
        self._count_unknown(predictions.unknown)
        return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}

    def _count_unknown(self, found: Counter[str]) -> None:
        self.unknown.update(found)
        found.clear()


def _divided(table: Table, counts: Sequence[int]) -> Iterator[Table]:
    """The rows of each request."""
    low = 0
    for count in counts:
        yield {name: column[low : low + count] for name, column in table.items()}
        low += count


def _predictor(checkpoint: Checkpoint, path: Path, threads: int) -> Predictor:
    predictor = Predictor(checkpoint, path, threads=threads)
    predictor.require_rows()
    return predictor


def _columns(source: Windows) -> list[Input]:
    """The columns of a table that windows are cut from."""
    kinds: dict[str, Input] = {name: Input(name, "category") for name in source.groups}
    if source.time:
        kinds[source.time] = Input(source.time, "date")
    return [
        *kinds.values(),
        *(Input(name, "number") for name in (*source.past, *source.known_ahead) if name not in kinds),
    ]


def _in_body(problem: Problem, path: str) -> Problem:
    """A problem in a temporary file as one in the body: "body:3" is its third line."""
    message = problem.message.removesuffix(f"; {GO_ON}").replace(path, "body")
    return replace(problem, message=message, where=problem.where.replace(path, "body"))


def _ignore(text: str) -> None:
    """A note about the checkpoint, which the command shows when it starts."""
