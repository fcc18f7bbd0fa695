"""IDX files, the format of MNIST: one of images or other arrays, one of labels; plain or gzip.

Layout: two zero bytes, a type, the number of axes, the length of each axis as a big-endian uint32, then the values.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import Field

from dltool.data.gzipped import is_gzipped
from dltool.data.paths import locate
from dltool.data.sources.arrays import features_of, require_rows, require_same_rows, targets_of
from dltool.data.sources.source import ArrayReader, Outline, Reader, Request, Source, Task
from dltool.errors import InputError, Problem
from dltool.registry import register

TYPES = {0x08: "uint8", 0x09: "int8", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
LONGEST_HEADER = 4 + 4 * 255


@register("source", "idx")
class Idx(Source):
    """Images and labels in two IDX files, as MNIST comes; each may be gzipped."""

    images: str = Field(description="file of the features, (rows, …)")
    labels: str = Field(description="file of the targets, (rows,)")
    task: Task = Field(default="auto", description="whether the labels are classes or numbers")

    def at(self, path: str) -> Self:
        """Other images; their labels are in the file of the same name as MNIST has it, 'labels' for 'images'."""
        name = Path(path).name.replace("images", "labels").replace("idx3", "idx1")
        return self.model_copy(update={"images": path, "labels": str(Path(path).with_name(name))})

    def files(self, folders: Sequence[Path]) -> list[Path]:
        """Images and labels."""
        return [locate(self.images, folders, "images"), locate(self.labels, folders, "labels")]

    def open(self, folders: Sequence[Path], request: Request) -> Reader:
        """Reads the labels, and of the images only the header."""
        path = locate(self.images, folders, "images")
        shape, dtype, _ = _header(_content(path, LONGEST_HEADER), path)
        require_rows(shape, str(path))
        labels_path = locate(self.labels, folders, "labels") if request.targets else path
        targets: Mapping[str, np.ndarray] = {}
        if request.targets:
            labels = _array(labels_path)
            targets = targets_of(labels, "label", str(labels_path))
            require_same_rows(shape[0], len(labels), f"{path} and {labels_path}")
        outline = Outline(
            where=str(labels_path),
            place=lambda row: f"{labels_path}[{row}]",
            rows=shape[0],
            task=self.task,
            targets=targets,
            feature_shape=shape[1:],
            feature_dtype="uint8" if dtype == np.uint8 else "float32",
        )
        return ArrayReader(outline, lambda: features_of(_array(path), str(path)))


def _array(path: Path) -> np.ndarray:
    """The whole array."""
    content = _content(path)
    shape, dtype, start = _header(content, path)
    expected = start + prod(shape) * dtype.itemsize
    if len(content) != expected:
        what = "cut short" if len(content) < expected else "too long"
        raise InputError(Problem(f"{what}: {expected} bytes announced, {len(content)} found", str(path)))
    return np.frombuffer(content, dtype, offset=start).reshape(shape)


def _header(content: bytes, path: Path) -> tuple[tuple[int, ...], np.dtype, int]:
    """Shape, type, and where the values start."""
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in TYPES or not content[3]:
        raise InputError(Problem(f"not an IDX file: it starts with {content[:4].hex(' ') or 'nothing'}", str(path)))
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise InputError(Problem("cut short within its header", str(path)))
    return struct.unpack(f">{content[3]}I", content[4:start]), np.dtype(TYPES[content[2]]), start


def _content(path: Path, size: int = -1) -> bytes:
    """The first `size` bytes, or all, unpacked where they are gzipped."""
    try:
        if not is_gzipped(path):
            with path.open("rb") as file:
                return file.read(size)
        if size < 0:
            return gzip.decompress(path.read_bytes())  # three times as fast as reading through a GzipFile
        with gzip.open(path) as file:
            return file.read(size)
    except (EOFError, zlib.error, OSError) as error:
        raise InputError(Problem(f"damaged or cut short: {error}", str(path))) from None
