"""IDX files, the format of MNIST: one file of images or other arrays, one of labels; plain or gzipped.

Layout: two zero bytes, a type, the number of axes, the length of each axis as a big-endian uint32, then the values.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import Field

from dltool.data.arrays.stored import Stored, StoredReader
from dltool.data.files.gzipped import damage_explained, is_gzipped, open_bytes
from dltool.data.files.paths import locate
from dltool.data.readers.outline import INPUTS, Request, Task
from dltool.data.readers.reader import Reader
from dltool.data.sources.source import Source
from dltool.errors import InputError, Problem
from dltool.registry import register

TYPES = {0x08: "uint8", 0x09: "int8", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


@register("source", "idx")
class Idx(Source):
    """Images and labels in two IDX files, as MNIST comes; each may be gzipped."""

    path_fields = ("images", "labels")
    listed = True

    images: str = Field(description="file of the features, (rows, …)")
    labels: str = Field(description="file of the targets, (rows,); inputs: the images")
    task: Task = Field(default="auto", description="whether the labels are classes or numbers")

    def at(self, path: str) -> Self:
        """Other images, with labels in the file whose name has 'labels' for 'images', as in MNIST."""
        if self.labels == INPUTS:
            return self.model_copy(update={"images": path})
        name = Path(path).name.replace("images", "labels").replace("idx3", "idx1")
        return self.model_copy(update={"images": path, "labels": str(Path(path).with_name(name))})

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """Images and labels."""
        labels = [] if self.labels == INPUTS else [locate(self.labels, folders, "labels")]
        return [locate(self.images, folders, "images"), *labels]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the labels, and only the header of the images."""
        path = locate(self.images, folders, "images")
        reconstructs = self.labels == INPUTS
        given = request.targets and not reconstructs
        labels = partial(_opened, locate(self.labels, folders, "labels")) if given else None
        return StoredReader(str(path), partial(_opened, path), labels, "label", INPUTS if reconstructs else self.task)


@contextmanager
def _opened(path: Path) -> Iterator[Stored]:
    with damage_explained(path), open_bytes(path) as file:
        start = file.read(4)
        if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in TYPES or not start[3]:
            raise InputError(Problem(f"not an IDX file: it starts with {start.hex(' ') or 'nothing'}", str(path)))
        axes = file.read(4 * start[3])
        if len(axes) < 4 * start[3]:
            raise InputError(Problem("cut short within its header", str(path)))
        stored = Stored(file, str(path), struct.unpack(f">{start[3]}I", axes), np.dtype(TYPES[start[2]]))
        if not is_gzipped(path):
            stored.require(path.stat().st_size - file.tell())
        yield stored
