"""Arrays in files with a header, read in chunks of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from gzip import GzipFile
from math import prod
from tokenize import TokenError
from types import MappingProxyType
from typing import IO, Literal

import numpy as np

from dltool.data.arrays.axes import Axes, channels_come_first
from dltool.data.arrays.values import features_of, require_numbers, require_rows, targets_of
from dltool.data.readers.outline import Outline, Task
from dltool.data.readers.reader import Raw, Reader
from dltool.errors import InputError, Problem

#: bytes of an array that are read at a time
CHUNK = 64 << 20


@dataclass(frozen=True)
class Stored:
    """An array in an open file, positioned at the first number."""

    file: IO[bytes] | GzipFile
    where: str  # for messages
    shape: tuple[int, ...]
    dtype: np.dtype
    columns_first: bool = False  # Fortran order: rows are not contiguous

    @property
    def bytes(self) -> int:
        """Size of all numbers."""
        return prod(self.shape) * self.dtype.itemsize

    def require(self, found: int) -> None:
        """Raises InputError unless the number of bytes matches the header."""
        if found != self.bytes:
            what = "cut short" if found < self.bytes else "too long"
            message = f"{what}: {self.bytes} bytes of numbers expected from the header, {found} found"
            raise InputError(Problem(message, self.where))

    def array(self) -> np.ndarray:
        """The whole array."""
        content = b"".join(self._read(self.bytes))
        self.require(len(content) + len(self.file.read(1)))
        array = np.frombuffer(content, self.dtype)
        return array.reshape(self.shape[::-1]).T if self.columns_first else array.reshape(self.shape)

    def chunks(self) -> Iterator[np.ndarray]:
        """Consecutive rows."""
        if self.columns_first:
            yield self.array()
            return
        row = prod(self.shape[1:]) * self.dtype.itemsize
        step = max(1, CHUNK // row)
        for low in range(0, self.shape[0], step):
            count = min(step, self.shape[0] - low)
            content = b"".join(self._read(count * row))
            if len(content) < count * row:
                self.require(low * row + len(content))
            yield np.frombuffer(content, self.dtype).reshape(count, *self.shape[1:])
        self.require(self.bytes + len(self.file.read(1)))

    def _read(self, size: int) -> Iterator[bytes]:
        """`size` bytes in blocks, so that a damaged header cannot ask for too much memory."""
        while size and (content := self.file.read(min(size, CHUNK))):
            size -= len(content)
            yield content


def numpy_array(file: IO[bytes] | GzipFile, where: str, size: int) -> Stored:
    """An array in NumPy's own format, in a file of `size` bytes; raises InputError for any other, and for objects."""
    try:
        version = np.lib.format.read_magic(file)
        latest = version > (1, 0)
        header = np.lib.format.read_array_header_2_0 if latest else np.lib.format.read_array_header_1_0
        shape, columns_first, dtype = header(file)
    except (
        ValueError,
        TypeError,
        RecursionError,
        MemoryError,
        TokenError,
    ):  # whatever Python raises for a damaged header
        raise InputError(Problem("not an array in NumPy's format (.npy), or damaged", where)) from None
    if dtype.hasobject:
        raise InputError(Problem("holds pickled objects, which are never loaded; save plain arrays", where))
    stored = Stored(file, where, shape, dtype, columns_first)
    stored.require(size - file.tell())
    return stored


#: opens a file at an array, for a `with` block
Opening = Callable[[], AbstractContextManager[Stored]]


class StoredReader(Reader):
    """Features in one stored array; targets, and extras such as weights, in others, if they are needed."""

    def __init__(
        self,
        where: str,
        features: Opening,
        targets: Opening | None,
        name: str,
        task: Task | Literal["inputs"],
        axes: Axes = "channels_last",
        extras: Mapping[str, Opening] = MappingProxyType({}),
    ):
        self._features, self._axes = features, axes
        found: Mapping[str, np.ndarray] = {}
        with features() as stored:
            require_numbers(stored.dtype, stored.where)
            require_rows(stored.shape, stored.where)
            self._where, shape, dtype = stored.where, stored.shape, stored.dtype
        place = self._where
        if targets:
            with targets() as stored:
                place, array = stored.where, stored.array()
            found = targets_of(array, name, place)
            if len(array) != shape[0]:
                raise InputError(Problem(f"{shape[0]} samples, but {len(array)} targets in {place}", where))
        of_samples = {extra: _of_samples(opening, shape[0], where) for extra, opening in extras.items()}
        self.outline = Outline(
            where=where,
            place=lambda row: f"{place}[{row}]",
            rows=shape[0],
            task=task,
            targets=found,
            extras=of_samples,
            feature_shape=self._channels_last(shape[1:]),
            feature_dtype="uint8" if dtype == np.uint8 else "float32",
            notes=self._odd_axes(shape[1:]),
        )

    def places(self, rows: Sequence[int]) -> list[str]:
        """The rows' indexes in the array of features."""
        return [f"{self._where}[{row}]" for row in rows]

    def chunks(self, types: Mapping[str, str]) -> Iterator[Raw]:
        """Chunks of rows."""
        low = 0
        with self._features() as stored:
            for rows in stored.chunks():
                array = features_of(rows, stored.where, low)
                yield np.moveaxis(array, 1, -1) if self._axes == "channels_first" else array
                low += len(rows)

    def _channels_last(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if self._axes == "channels_last":
            return shape
        if len(shape) < 2:
            message = f"samples of shape {list(shape)} have no channels that could come first"
            raise InputError(Problem(message, self._where, "axes"))
        return (*shape[1:], shape[0])

    def _odd_axes(self, shape: tuple[int, ...]) -> tuple[str, ...]:
        """A note if channels seem to come first, but the config does not say so."""
        if self._axes == "channels_first" or not channels_come_first(shape):
            return ()
        described = f"height {shape[0]}, width {shape[1]}, {shape[2]} channels"
        return (
            f"{self._where}: samples of {' × '.join(map(str, shape))} are read as {described}; if their channels come"
            " first: axes: channels_first",
        )


def _of_samples(opening: Opening, samples: int, where: str) -> np.ndarray:
    """One value for each sample (samples,)."""
    with opening() as stored:
        array = stored.array()
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise InputError(Problem(f"one value for each sample is needed, got {list(array.shape)}", stored.where))
    if len(array) != samples:
        raise InputError(Problem(f"{samples} samples, but {len(array)} values in {stored.where}", where))
    return array
