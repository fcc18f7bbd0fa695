"""NumPy archives (.npz): features, targets, and others such as weights. Pickled objects are never loaded."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from pydantic import Field

from dltool.data.arrays.axes import Axes
from dltool.data.arrays.stored import Stored, StoredReader, numpy_array
from dltool.data.files.paths import locate
from dltool.data.readers.outline import INPUTS, Request, Task
from dltool.data.readers.reader import Reader
from dltool.data.sources.source import Source
from dltool.errors import InputError, Problem, did_you_mean
from dltool.registry import register


@register("source", "npz", main="path")
class Npz(Source):
    """Arrays in a NumPy archive: features (rows, …) and targets (rows,) or (rows, targets)."""

    listed = True

    path: str
    features: str = Field(default="x", description="name of the array of features")
    targets: str = Field(default="y", description="name of the array of targets; inputs: the features")
    weight: str | None = Field(
        default=None, description="name of the array that says how much each sample counts in the loss"
    )
    task: Task = Field(default="auto", description="whether the targets are classes or numbers")

    axes: Axes = Field(default="channels_last", description="channels_first: samples are (channels, height, width)")

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """The archive."""
        return [locate(self.path, folders, "path")]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the targets and extras, and only shape and type of the features."""
        path = locate(self.path, folders, "path")
        features = partial(_opened, path, self.features, "features")
        reconstructs = self.targets == INPUTS
        given = request.targets and not reconstructs
        targets = partial(_opened, path, self.targets, "targets") if given else None
        task = INPUTS if reconstructs else self.task
        extras = {name: partial(_opened, path, name, request.named_by.get(name, "")) for name in request.extras}
        return StoredReader(str(path), features, targets, self.targets, task, self.axes, extras)


@contextmanager
def _opened(path: Path, name: str, field: str) -> Iterator[Stored]:
    """One array of the archive; raises InputError for a damaged file."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = {member.removesuffix(".npy"): member for member in archive.namelist()}
            if name not in members:
                raise InputError(Problem(f"no array '{name}'; {did_you_mean(name, members)}", str(path), field))
            with archive.open(members[name]) as file:
                yield numpy_array(file, f"{path}: {name}", archive.getinfo(members[name]).file_size)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise InputError(Problem(f"not an .npz archive, or damaged ({error})", str(path))) from None
