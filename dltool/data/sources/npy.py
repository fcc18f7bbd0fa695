"""NumPy arrays (.npy), features and targets in a file each: read as they are needed, and never unpickled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import Field

from dltool.data.paths import locate
from dltool.data.sources.arrays import features_of, require_numbers, require_rows, require_same_rows, targets_of
from dltool.data.sources.source import Outline, Raw, Reader, Request, Source, Task
from dltool.errors import InputError, Problem
from dltool.registry import register

#: bytes of features that are read at a time
CHUNK = 64 << 20


@register("source", "npy")
class Npy(Source):
    """Two .npy files: features (rows, …), and targets (rows,) or (rows, targets)."""

    path: str = Field(description="file of the features")
    targets: str = Field(description="file of the targets")
    task: Task = Field(default="auto", description="whether the targets are classes, labels or numbers")

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """Both."""
        return [locate(self.path, folders, "path"), locate(self.targets, folders, "targets")]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the targets, and of the features only their shape and type."""
        path = locate(self.path, folders, "path")
        features = _opened(path)
        require_rows(features.shape, str(path))
        require_numbers(features.dtype, str(path))
        where = locate(self.targets, folders, "targets") if request.targets else path
        targets: Mapping[str, np.ndarray] = {}
        if request.targets:
            array = np.array(_opened(where))
            require_same_rows(len(features), len(array), f"{path} and {where}")
            targets = targets_of(array, "target", str(where))
        outline = Outline(
            where=str(path),
            place=lambda row: f"{where}[{row}]",
            rows=len(features),
            task=self.task,
            targets=targets,
            feature_shape=features.shape[1:],
            feature_dtype="uint8" if features.dtype == np.uint8 else "float32",
        )
        return _NpyReader(path, features, outline)


class _NpyReader(Reader):
    def __init__(self, path: Path, features: np.ndarray, outline: Outline):
        self._path, self._features, self.outline = path, features, outline

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """Some rows at a time, so that no more than these are in memory."""
        step = max(1, CHUNK // max(1, self._features[0].nbytes))
        for low in range(0, len(self._features), step):
            yield features_of(np.array(self._features[low : low + step]), f"{self._path}, from row {low} on")


def _opened(path: Path) -> np.ndarray:
    """The array, mapped and not read; raises InputError for anything but a whole .npy file of plain numbers."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        pickled = "allow_pickle" in str(error) or "Array can't be memory-mapped" in str(error)
        reason = "holds pickled objects, which are never loaded; save plain arrays"
        raise InputError(Problem(reason if pickled else "not an .npy file, or cut short", str(path))) from None
