"""NumPy archives (.npz): one array of features, one of targets. Pickled objects are never loaded."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from math import prod
from pathlib import Path
from typing import IO

import numpy as np
from pydantic import Field

from dltool.data.paths import locate
from dltool.data.sources.arrays import features_of, require_numbers, require_rows, require_same_rows, targets_of
from dltool.data.sources.source import ArrayReader, Outline, Reader, Request, Source, Task
from dltool.errors import InputError, Problem, did_you_mean
from dltool.registry import register


@register("source", "npz", main="path")
class Npz(Source):
    """Arrays in a NumPy archive: features (rows, …) and targets (rows,) or (rows, targets)."""

    path: str
    features: str = Field(default="x", description="name of the array of features")
    targets: str = Field(default="y", description="name of the array of targets")
    task: Task = Field(default="auto", description="whether the targets are classes or numbers")

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """The archive."""
        return [locate(self.path, folders, "path")]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the targets, and of the features only their shape and type."""
        path = locate(self.path, folders, "path")
        where = f"{path}: {self.features}"
        with _opened(path) as archive:
            shape, dtype = _header(archive, path, self.features, "features")
            targets = _array(archive, path, self.targets, "targets") if request.targets else None
        require_rows(shape, where)
        require_numbers(dtype, where)
        return ArrayReader(self._outline(path, shape, dtype, targets), partial(self._load, path, where))

    def _load(self, path: Path, where: str) -> np.ndarray:
        with _opened(path) as archive:
            return features_of(_array(archive, path, self.features, "features"), where)

    def _outline(self, path: Path, shape: tuple[int, ...], dtype: np.dtype, targets: np.ndarray | None) -> Outline:
        place = f"{path}: {self.features if targets is None else self.targets}"
        if targets is not None:
            require_same_rows(shape[0], len(targets), str(path))
        return Outline(
            where=str(path),
            place=lambda row: f"{place}[{row}]",
            rows=shape[0],
            task=self.task,
            targets={} if targets is None else targets_of(targets, self.targets, place),
            feature_shape=shape[1:],
            feature_dtype="uint8" if dtype == np.uint8 else "float32",
        )


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; whatever is damaged in it is an InputError about the file."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except zipfile.BadZipFile as error:
        raise InputError(Problem(f"not an .npz archive, or damaged ({error})", str(path))) from None
    except (zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise InputError(Problem(f"cannot be read: {error}", str(path))) from None


@contextmanager
def _member(archive: zipfile.ZipFile, path: Path, name: str, field: str) -> Iterator[IO[bytes]]:
    """One array of the archive, as a file."""
    names = [member.removesuffix(".npy") for member in archive.namelist()]
    if name not in names:
        raise InputError(Problem(f"no array '{name}'; {did_you_mean(name, names)}", str(path), field))
    with archive.open(f"{name}.npy") as file:
        try:
            yield file
        except ValueError as error:
            raise InputError(Problem(f"damaged: {error}", f"{path}: {name}")) from None


def _header(archive: zipfile.ZipFile, path: Path, name: str, field: str) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of one array, which holds no objects and is all there."""
    with _member(archive, path, name, field) as file:
        version = np.lib.format.read_magic(file)
        if version > (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_2_0(file)
        else:
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.hasobject:
        raise InputError(Problem("holds pickled objects, which are never loaded; save plain arrays", f"{path}: {name}"))
    if prod(shape) * dtype.itemsize > archive.getinfo(f"{name}.npy").file_size:
        raise InputError(Problem(f"damaged: shorter than its shape {list(shape)}", f"{path}: {name}"))
    return shape, dtype


def _array(archive: zipfile.ZipFile, path: Path, name: str, field: str) -> np.ndarray:
    """One array, in memory."""
    _header(archive, path, name, field)  # refuses what should not be loaded
    with _member(archive, path, name, field) as file:
        return np.lib.format.read_array(file, allow_pickle=False)
