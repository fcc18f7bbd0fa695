"""NumPy arrays (.npy), one file each for features, targets and weights. Pickled objects are never loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Self

from pydantic import Field

from dltool.data.arrays.axes import Axes
from dltool.data.arrays.stored import Stored, StoredReader, numpy_array
from dltool.data.files.gzipped import damage_explained
from dltool.data.files.paths import locate
from dltool.data.readers.outline import INPUTS, Request, Task
from dltool.data.readers.reader import Reader
from dltool.data.sources.source import Source
from dltool.errors import InputError, Problem
from dltool.registry import register


@register("source", "npy")
class Npy(Source):
    """Files of arrays (.npy): features (rows, …), and targets (rows,) or (rows, targets)."""

    path_fields = ("path", "targets", "weight")
    listed = True

    path: str = Field(description="file of the features")
    targets: str = Field(description="file of the targets; inputs: the features")
    weight: str | None = Field(
        default=None, description="file of the array that says how much each sample counts in the loss"
    )
    task: Task = Field(default="auto", description="whether the targets are classes, labels or numbers")

    axes: Axes = Field(default="channels_last", description="channels_first: samples are (channels, height, width)")

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """All."""
        named = {"path": self.path, "targets": "" if self.targets == INPUTS else self.targets, "weight": self.weight}
        return [locate(name, folders, field) for field, name in named.items() if name]

    def at(self, path: str) -> Self:
        """Other features, without targets and weights, since their files are not known."""
        targets = self.targets if self.targets == INPUTS else ""
        return super().at(path).model_copy(update={"targets": targets, "weight": None})

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the targets and weights, and only shape and type of the features."""
        path = locate(self.path, folders, "path")
        if request.targets and not self.targets:
            raise InputError(Problem("holds only features; a config must name the file of their targets", str(path)))
        reconstructs = self.targets == INPUTS
        given = request.targets and not reconstructs
        targets = partial(_opened, locate(self.targets, folders, "targets")) if given else None
        task = INPUTS if reconstructs else self.task
        extras = {}
        if self.weight and self.weight in request.extras:
            extras[self.weight] = partial(_opened, locate(self.weight, folders, "weight"))
        return StoredReader(str(path), partial(_opened, path), targets, "target", task, self.axes, extras)


@contextmanager
def _opened(path: Path) -> Iterator[Stored]:
    with damage_explained(path), path.open("rb") as file:
        yield numpy_array(file, str(path), path.stat().st_size)
